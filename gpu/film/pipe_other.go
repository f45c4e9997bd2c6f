//go:build !linux

package film

import "os"

func growPipe(*os.File) {}
