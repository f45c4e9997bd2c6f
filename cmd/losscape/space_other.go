//go:build !linux

package main

// freeMemory, peakMemory, freeDisk and localDisk are not known here: what is too large fails when it
// is made.

func freeMemory() (bytes uint64, known bool) { return 0, false }

func peakMemory() (bytes uint64, known bool) { return 0, false }

func freeDisk(string) (bytes uint64, known bool) { return 0, false }

func localDisk(string) (kind string, local bool) { return "", false }
