package cluster

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"losscape/cpu/quote"
)

// maxName is how long the name of a job may be: pods are NAME-merge-xxxxx or NAME-99999-xxxxx, and
// the name of a host has at most 63 characters.
const maxName = 50

// Name returns a name for the job that writes a file: a DNS label of lower-case letters, digits
// and hyphens, at most 50 characters, as Kubernetes wants it (RFC 1123).
func Name(target string) string {
	var b strings.Builder
	for _, r := range strings.ToLower("losscape-" + filepath.Base(target)) {
		if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') {
			r = '-'
		}
		b.WriteRune(r)
	}
	return strings.Trim(b.String()[:min(b.Len(), maxName)], "-")
}

var label = regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`)

// CheckName returns an error unless a name is as Name makes them.
func CheckName(name string) error {
	if len(name) > maxName || !label.MatchString(name) {
		return fmt.Errorf("%s, want at most %d lower-case letters, digits and hyphens that begin with a letter", quote.Text(name), maxName)
	}
	return nil
}

// memory is a whole number of bytes with a unit of 1024, or of MiB without one, as sbatch has it.
var memory = regexp.MustCompile(`^([1-9][0-9]{0,8})([KMGT]?)$`)

// CheckMemory returns an error unless a text is an amount of memory: a whole number and K, M, G
// or T, of 1024 bytes, 1024², ...; without one it is M.
func CheckMemory(text string) error {
	if !memory.MatchString(text) {
		return fmt.Errorf("%s, want a whole number and its unit K, M, G or T, such as 8G", quote.Text(text))
	}
	return nil
}

// binary returns an amount of memory as Kubernetes has it.
func binary(text string) string {
	m := memory.FindStringSubmatch(text)
	if m[2] == "" {
		m[2] = "M"
	}
	return m[1] + m[2] + "i"
}

// Seconds returns the length of a time that is written as sbatch has it: MINUTES,
// MINUTES:SECONDS, HOURS:MINUTES:SECONDS, DAYS-HOURS, DAYS-HOURS:MINUTES or
// DAYS-HOURS:MINUTES:SECONDS.
func Seconds(text string) (int64, error) {
	bad := fmt.Errorf("%s, want a time above 0 such as 90 (minutes), 12:00:00 or 2-12:00:00 (days, hours, minutes, seconds)", quote.Text(text))
	days, clock, dated := strings.Cut(text, "-")
	if !dated {
		days, clock = "0", text
	}
	fields := strings.Split(clock, ":")
	units := []int64{3600, 60, 1}
	if !dated {
		switch len(fields) {
		case 1:
			units = []int64{60}
		case 2:
			units = []int64{60, 1}
		}
	}
	if len(fields) > len(units) {
		return 0, bad
	}
	sum := int64(0)
	for i, f := range append([]string{days}, fields...) {
		if len(f) == 0 || len(f) > 6 {
			return 0, bad
		}
		n, err := strconv.ParseUint(f, 10, 32)
		if err != nil {
			return 0, bad
		}
		unit := int64(24 * 3600)
		if i > 0 {
			unit = units[i-1]
		}
		sum += int64(n) * unit
	}
	if sum == 0 {
		return 0, bad
	}
	return sum, nil
}

// validate finds what is wrong with what both engines are told.
func (j *Job) validate() error {
	switch {
	case CheckName(j.Name) != nil:
		return fmt.Errorf("the name %w", CheckName(j.Name))
	case j.Shards < 1 || j.Shards > MaxShards:
		return fmt.Errorf("%d shards, want 1 to %d", j.Shards, MaxShards)
	case j.AtOnce < 0 || j.Retries < 0 || j.GPUs < 0 || j.CPUs < 0:
		return fmt.Errorf("shards at once, retries, GPUs and CPUs are %d, %d, %d, %d, want none below 0", j.AtOnce, j.Retries, j.GPUs, j.CPUs)
	case !strings.HasPrefix(j.Dir, "/"):
		return fmt.Errorf("the folder %s, want an absolute path", quote.Text(j.Dir))
	}
	if j.Memory != "" {
		if err := CheckMemory(j.Memory); err != nil {
			return fmt.Errorf("memory %w", err)
		}
	}
	if j.Time != "" {
		if _, err := Seconds(j.Time); err != nil {
			return fmt.Errorf("time %w", err)
		}
	}
	for _, list := range [][]string{{j.Program, j.Dir}, j.Args, j.Merge} {
		for _, a := range list {
			if strings.ContainsRune(a, 0) {
				return fmt.Errorf("%s has a byte 0, which no argument may have", quote.Text(a))
			}
		}
	}
	return nil
}
