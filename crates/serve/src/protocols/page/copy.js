// The request as a command or a program.

function body() {
  return { model: state.model.name, rows: [row()] };
}

function address() {
  return new URL("predict", location.href).href;
}

function asCurl() {
  const quoted = (text) => "'" + text.replaceAll("'", "'\\''") + "'";
  const key = state.key ? " -H \"Authorization: Bearer $PLANISH_KEY\"" : "";
  return "curl " + quoted(address()) + " -H 'Content-Type: application/json'" + key + " -d " + quoted(JSON.stringify(body()));
}

function asPython() {
  const key = state.key ? "\nrequest.add_header(\"Authorization\", \"Bearer \" + os.environ[\"PLANISH_KEY\"])" : "";
  return "import json" + (state.key ? ", os" : "") + ", urllib.request\n\nbody = json.loads(" + JSON.stringify(JSON.stringify(body())) + ")\nrequest = urllib.request.Request(" +
    JSON.stringify(address()) + ", json.dumps(body).encode(), {\"Content-Type\": \"application/json\"})" + key + "\nprint(json.load(urllib.request.urlopen(request)))\n";
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    at("copied").textContent = "copied";
  } catch {
    const area = element("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    at("copied").textContent = document.execCommand("copy") ? "copied" : "the browser does not allow it";
    area.remove();
  }
}
