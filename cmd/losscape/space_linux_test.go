package main

import (
	"os"
	"path/filepath"
	"testing"
)

// The memory that is left is the least of what the system has and of what each of the
// control groups that a process is in leaves it.
func TestFreeMemory(t *testing.T) {
	const (
		meminfo = "MemTotal: 9000 kB\nMemAvailable:    8000 kB\n"
		v2      = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
		v1      = "33 32 0:29 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n"
		cpu     = "34 32 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
	)
	for name, c := range map[string]struct {
		files map[string]string
		want  uint64
		known bool
	}{
		"nothing": {nil, 0, false},
		"system":  {map[string]string{"proc/meminfo": meminfo}, 8000 << 10, true},
		"version 2, own": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n", "proc/self/mountinfo": v2,
			"sys/fs/cgroup/a/b/memory.max": "1000000\n", "sys/fs/cgroup/a/b/memory.current": "400000\n",
			"sys/fs/cgroup/a/b/memory.stat": "anon 5\ninactive_file 100000\n",
		}, 700000, true},
		"version 2, around it": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n", "proc/self/mountinfo": v2,
			"sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/b/memory.current": "400000\n",
			"sys/fs/cgroup/a/memory.max": "500000\n", "sys/fs/cgroup/a/memory.current": "450000\n",
		}, 50000, true},
		"version 2, namespace": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/../../elsewhere\n", "proc/self/mountinfo": v2,
			"sys/fs/cgroup/memory.max": "300000\n", "sys/fs/cgroup/memory.current": "100000\n",
		}, 200000, true},
		"version 2, used up": {map[string]string{
			"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": v2,
			"sys/fs/cgroup/memory.max": "300000\n", "sys/fs/cgroup/memory.current": "310000\n",
		}, 0, true},
		"version 1": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/job/1\n0::/\n", "proc/self/mountinfo": cpu + v1,
			"sys/fs/cgroup/memory/job/1/memory.limit_in_bytes": "9223372036854771712\n", "sys/fs/cgroup/memory/job/1/memory.usage_in_bytes": "1000\n",
			"sys/fs/cgroup/memory/job/memory.limit_in_bytes": "2000000\n", "sys/fs/cgroup/memory/job/memory.usage_in_bytes": "1500000\n",
			"sys/fs/cgroup/memory/job/memory.stat": "inactive_file 1\ntotal_inactive_file 200000\n",
		}, 700000, true},
		"version 1, a part is mounted": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "4:memory:/docker/abc/sub\n",
			"proc/self/mountinfo":                        "33 32 0:29 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "5000000\n", "sys/fs/cgroup/memory/memory.usage_in_bytes": "1000000\n",
			"sys/fs/cgroup/memory/sub/memory.limit_in_bytes": "4500000\n", "sys/fs/cgroup/memory/sub/memory.usage_in_bytes": "1000000\n",
		}, 3500000, true},
	} {
		root := t.TempDir()
		for path, text := range c.files {
			path = filepath.Join(root, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if got, known := freeMemoryIn(root); got != c.want || known != c.known {
			t.Errorf("%s: %d, %v, want %d, %v", name, got, known, c.want, c.known)
		}
	}
}
