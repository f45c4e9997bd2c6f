//go:build linux && cgo

package main

/*
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

// Go's runtime and its threads reserve this much address space, most of which they
// never use, and crash where they may not (Go 1.26: 1.35 GB on two processors).
#define NEEDED (2000000ul << 10)

// It runs before the runtime starts, which is too late for a message.
__attribute__((constructor)) static void checkAddressSpace(void) {
	struct rlimit limit;
	if (getrlimit(RLIMIT_AS, &limit) || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= NEEDED)
		return;
	dprintf(2, "losscape: the limit of the address space is %lu KiB, and the Go runtime reserves up to %lu; raise it (ulimit -v unlimited), and limit memory by a control group instead\n",
	        (unsigned long)limit.rlim_cur >> 10, NEEDED >> 10);
	_exit(1);
}
*/
import "C"
