//go:build !linux

package main

// freeMemory and freeDisk are not known here: what is too large fails when it
// is made.

func freeMemory() (bytes uint64, known bool) { return 0, false }

func freeDisk(string) (bytes uint64, known bool) { return 0, false }
