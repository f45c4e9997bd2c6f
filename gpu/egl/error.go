package egl

// A DeviceError says that there is no device such as Open was asked for, or none at all
// that can be used.
type DeviceError struct{ Err error }

func (e *DeviceError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *DeviceError) Unwrap() error { return e.Err }
