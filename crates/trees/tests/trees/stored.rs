//! Forests from files: whatever could make a walk go wrong is refused.

use crate::tables::Made;
use planish_tensor::Exec;
use planish_trees::{Bins, Data, Fitted, Labels, Rows, Settings, fit};

fn fitted() -> Fitted {
    let made = Made::new(600, 12);
    let columns = made.columns();
    let train: Vec<u32> = (0..600).collect();
    let settings = Settings { rounds: 5, ..Settings::default() };
    let data = Data::new(&columns, Labels::Numbers(&made.y));
    fit(Exec::best(), &data, &Rows { train: &train, held: &[] }, &settings, &mut (), None).unwrap()
}

#[test]
fn forests_that_could_not_have_grown_are_refused() {
    let good = fitted();
    good.binner.validate().unwrap();
    good.forest.validate(&good.binner).unwrap();
    assert!(good.forest.nodes.iter().any(|n| n.kind == 2), "a set of levels is tested, too");
    let refused = |change: &dyn Fn(&mut Fitted)| {
        let mut bad = good.clone();
        change(&mut bad);
        assert!(bad.forest.validate(&bad.binner).is_err());
    };
    refused(&|f| f.forest.nodes[0].children[0] = 0);
    refused(&|f| f.forest.nodes[0].children.swap(0, 1));
    refused(&|f| f.forest.nodes[1].children[1] = 9999);
    refused(&|f| f.forest.nodes[1].column = 99);
    refused(&|f| f.forest.nodes[2].kind = 3);
    refused(&|f| f.forest.nodes.iter_mut().find(|n| n.kind == 2).unwrap().set = 999);
    refused(&|f| f.forest.nodes.iter_mut().find(|n| n.kind < 2).unwrap().kind = 2);
    refused(&|f| f.forest.leaves[3] = f64::NAN);
    refused(&|f| f.forest.leaves.truncate(3));
    refused(&|f| f.forest.covers.truncate(3));
    refused(&|f| f.forest.gains[0] = f32::INFINITY);
    refused(&|f| f.forest.node_ends[0] = 9999);
    refused(&|f| f.forest.set_ends.truncate(2));
    refused(&|f| f.forest.base.push(0.0));
    refused(&|f| f.forest.base.clear());
}

#[test]
fn bins_that_could_not_have_been_learnt_are_refused() {
    let good = fitted();
    let refused = |change: &dyn Fn(&mut Bins)| {
        for place in 0..good.binner.columns.len() {
            let mut bad = good.binner.clone();
            change(&mut bad.columns[place].bins);
            assert!(bad == good.binner || bad.validate().is_err());
        }
    };
    refused(&|b| {
        if let Bins::Numbers { edges } = b {
            edges.swap(0, 1)
        }
    });
    refused(&|b| {
        if let Bins::Numbers { edges } = b {
            edges[0] = f64::NAN
        }
    });
    refused(&|b| {
        if let Bins::Levels { bins, .. } = b {
            bins[0] = 200
        }
    });
    refused(&|b| {
        if let Bins::Levels { bins, .. } = b {
            bins.truncate(1)
        }
    });
    refused(&|b| {
        if let Bins::Means { means, .. } = b {
            means[0] = f64::NAN
        }
    });
    let mut bad = good.binner.clone();
    bad.columns[0].source = 9;
    assert!(bad.validate().is_err());
    bad = good.binner.clone();
    bad.levels.pop();
    assert!(bad.validate().is_err());
}
