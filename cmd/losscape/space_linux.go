package main

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// freeMemory returns how much memory this process can still take: what the kernel
// estimates to be available, within the limits of the control groups that it is in
// and of its address space (ulimit -v).
func freeMemory() (bytes uint64, known bool) {
	free, known := freeMemoryIn("/")
	var limit syscall.Rlimit
	if syscall.Getrlimit(unix.RLIMIT_AS, &limit) != nil || limit.Cur == math.MaxUint64 {
		return free, known
	}
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return free, known
	}
	var pages uint64
	fmt.Sscan(string(text), &pages)
	left := limit.Cur - min(limit.Cur, pages*uint64(os.Getpagesize()))
	if !known {
		return left, true
	}
	return min(free, left), true
}

// freeMemoryIn is freeMemory without the limit of the address space, of the system
// whose /proc and /sys are in root.
func freeMemoryIn(root string) (bytes uint64, known bool) {
	if text, err := os.ReadFile(filepath.Join(root, "proc/meminfo")); err == nil {
		bytes, known = lookupNumber(text, "MemAvailable:")
		bytes <<= 10
	}
	for _, g := range memoryGroups(root) {
		limit, err := readNumber(filepath.Join(g.dir, g.limit))
		if err != nil {
			continue // "max", or the root of version 2
		}
		used, err := readNumber(filepath.Join(g.dir, g.used))
		if err != nil {
			continue
		}
		if stat, err := os.ReadFile(filepath.Join(g.dir, "memory.stat")); err == nil {
			cache, _ := lookupNumber(stat, g.cache) // the kernel takes it back when it is short
			used -= min(used, cache)
		}
		left := limit - min(limit, used)
		if !known || left < bytes {
			bytes, known = left, true
		}
	}
	return bytes, known
}

// memoryGroup is a control group that counts memory, with the names of its numbers.
type memoryGroup struct{ dir, limit, used, cache string }

// memoryGroups returns the control groups that this process is in and those around
// them, each of which has a limit of its own. See cgroups(7), proc_pid_mountinfo(5).
func memoryGroups(root string) []memoryGroup {
	v1 := memoryGroup{limit: "memory.limit_in_bytes", used: "memory.usage_in_bytes", cache: "total_inactive_file"}
	v2 := memoryGroup{limit: "memory.max", used: "memory.current", cache: "inactive_file"}
	// The paths of the groups, by the version of their hierarchy.
	paths := map[memoryGroup]string{}
	text, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(text)) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		switch {
		case len(f) < 3:
		case f[0] == "0" && f[1] == "":
			paths[v2] = f[2]
		case slices.Contains(strings.Split(f[1], ","), "memory"):
			paths[v1] = f[2]
		}
	}
	text, err = os.ReadFile(filepath.Join(root, "proc/self/mountinfo"))
	if err != nil {
		return nil
	}
	var groups []memoryGroup
	for line := range strings.Lines(string(text)) {
		// ... root mount-point options ... - type source super-options
		before, after, ok := strings.Cut(line, " - ")
		f, super := strings.Fields(before), strings.Fields(after)
		if !ok || len(f) < 5 || len(super) < 3 {
			continue
		}
		kind := v2
		if super[0] == "cgroup" && slices.Contains(strings.Split(super[2], ","), "memory") {
			kind = v1
		} else if super[0] != "cgroup2" {
			continue
		}
		path, ok := paths[kind]
		if !ok {
			continue
		}
		top := filepath.Join(root, f[4])
		// What is mounted may be a part of the hierarchy; a group beyond it is not seen.
		below, err := filepath.Rel(f[3], path)
		if err != nil || strings.HasPrefix(below, "..") {
			below = "."
		}
		for dir := filepath.Join(top, below); ; dir = filepath.Dir(dir) {
			g := kind
			g.dir = dir
			groups = append(groups, g)
			if dir == top || len(dir) < len(top) {
				break
			}
		}
	}
	return groups
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

// peakMemory returns the most memory that this process, and the largest of those that it has
// started, have taken.
func peakMemory() (bytes uint64, known bool) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	if bytes, known = lookupNumber(text, "VmHWM:"); !known {
		return 0, false
	}
	var children unix.Rusage
	if unix.Getrusage(unix.RUSAGE_CHILDREN, &children) == nil {
		bytes += uint64(children.Maxrss)
	}
	return bytes << 10, true
}

// localDisks are file systems of one machine, which others see only if it serves them.
var localDisks = map[int64]string{
	unix.BTRFS_SUPER_MAGIC:     "Btrfs",
	unix.EXT4_SUPER_MAGIC:      "ext4",
	unix.F2FS_SUPER_MAGIC:      "F2FS",
	unix.OVERLAYFS_SUPER_MAGIC: "overlay",
	unix.RAMFS_MAGIC:           "ramfs",
	unix.TMPFS_MAGIC:           "tmpfs",
	unix.XFS_SUPER_MAGIC:       "XFS",
	0x2fc12fc1:                 "ZFS", // of its own sources, include/sys/zfs_vfsops.h
}

// localDisk reports whether a path, which need not be there, is on a file system of one
// machine, and which kind that is.
func localDisk(path string) (kind string, local bool) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", false
	}
	var st unix.Statfs_t
	for unix.Statfs(path, &st) != nil {
		parent := filepath.Dir(path)
		if parent == path {
			return "", false
		}
		path = parent
	}
	kind, local = localDisks[int64(st.Type)]
	return kind, local
}
