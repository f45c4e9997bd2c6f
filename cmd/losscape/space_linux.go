package main

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// freeMemory returns how much memory can still be taken, as the kernel
// estimates it, within the limit of our control group if it has one.
func freeMemory() (bytes uint64, known bool) {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	kib, known := lookupNumber(text, "MemAvailable:")
	free := kib << 10
	const group = "/sys/fs/cgroup/memory."
	most, err := readNumber(group + "max")
	if err != nil {
		return free, known
	}
	used, err := readNumber(group + "current")
	if err != nil {
		return free, known
	}
	if stat, err := os.ReadFile(group + "stat"); err == nil {
		cache, _ := lookupNumber(stat, "inactive_file") // the kernel takes it back when it is short
		used -= min(used, cache)
	}
	limit := most - min(most, used)
	if !known {
		return limit, true
	}
	return min(free, limit), true
}

// freeDisk returns how much a folder's file system can still take.
func freeDisk(dir string) (bytes uint64, known bool) {
	var s syscall.Statfs_t
	if syscall.Statfs(dir, &s) != nil {
		return 0, false
	}
	return s.Bavail * uint64(s.Bsize), true
}

// lookupNumber returns the number behind a word that begins a line.
func lookupNumber(text []byte, name string) (uint64, bool) {
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if f := strings.Fields(lines.Text()); len(f) > 1 && f[0] == name {
			n, err := strconv.ParseUint(f[1], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

func readNumber(path string) (uint64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
}
