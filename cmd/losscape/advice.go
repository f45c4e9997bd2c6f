package main

import (
	"errors"

	"losscape/gpu/film"
)

// advice says which flag or verb helps against an error, to be put behind it.
func advice(err error) string {
	if errors.As(err, new(*film.RateError)) {
		return " (--fps)"
	}
	return deviceAdvice(err)
}
