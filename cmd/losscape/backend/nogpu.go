//go:build !cgo

package backend

type opened struct{}

func (b *Backend) openDevice() error { return ErrNotBuilt }

// Close does nothing: no device is open.
func (b *Backend) Close() error { return nil }

// Unsupported reports false: no device refuses anything.
func Unsupported(error) bool { return false }

// Reason is the text of an error.
func Reason(err error) string { return err.Error() }
