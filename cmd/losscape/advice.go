package main

import (
	"errors"
	"syscall"

	"losscape/gpu/film"
)

// advice says which flag or verb helps against an error, to be put behind it.
func advice(err error) string {
	if errors.As(err, new(*film.RateError)) {
		return " (--fps)"
	}
	if errors.Is(err, syscall.EMFILE) {
		return "; raise the limit of open files of a process (ulimit -n)"
	}
	return deviceAdvice(err)
}
