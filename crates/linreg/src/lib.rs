//! Linear least squares by QR, refined with double-double residuals.
