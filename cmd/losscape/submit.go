package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"losscape/cmd/losscape/cluster"
	"losscape/cpu/quote"
	"losscape/gpu/film/atomicfile"

	"github.com/spf13/cobra"
)

// submitFlags are the flags of submit.
type submitFlags struct {
	slurm, kubernetes bool
	job               cluster.Job
	dry               bool
}

func (a *app) submitCommand() *cobra.Command {
	var f submitFlags
	c := &cobra.Command{
		Use:   "submit --slurm|--k8s --shards N -- COMMAND ...",
		Short: "Have Slurm or Kubernetes compute a grid, a sweep or a film in shards",
		Long: `submit has a cluster compute the command behind --, a grid, a sweep or a film, in N shards,
and put them together. The command is checked first, as it is when it runs.

--slurm writes two scripts into the folder FILE.slurm beside the target, prints them, and
submits them with sbatch: an array job, a task for each shard, and a job that merges the
shards, and draws the map of a sweep with --map, when all are there. Their logs go into that folder. --dry-run only prints.

--k8s prints a manifest for Kubernetes 1.29 or later, two jobs for kubectl apply -f -: the
shards, an Indexed Job, and the merge, suspended, as Kubernetes knows no order of jobs; the
two commands that let it begin stand at the manifest's head. The command runs in --mount, where the
pods see --claim: files are named relative to it. cmd/losscape/Dockerfile builds an image.

All nodes have to see the program, the scene with its data, and the folder of FILE: the
shards share FILE.part in it. A shard that its engine stops, for its time, for other work or
with its node, leaves what it has finished, and goes on from there. By its exit code the engine
knows what to do: after 75 (a disk is full, no device yet) the shard starts again, at most
--retries times; after 42 (an error in the scene, shards that do not belong together) or
1 it does not.`,
		Example: `  losscape submit --slurm --shards 64 --at-once 16 --gpus 1 --time 2:00:00 -- sweep one-mode --over lr=0.1:40:10000:log --over l2=1e-4:1:10000:log -o runs.parquet --map map.png
  losscape submit --slurm --shards 8 --extra=--account=physics --dry-run -- grid one-mode --size 65536 -o loss.nc
  losscape submit --k8s --shards 16 --image registry.example.org/losscape --claim work -- render one-mode -o film.mp4 | kubectl apply -f -`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(c); err != nil {
				return err
			}
			w, err := a.divided(c, args, f.job.Shards)
			if err != nil {
				return err
			}
			j := f.job
			j.Args, j.Merge = w.args, append([]string{"merge", w.output}, w.merge...)
			if j.Name == "" {
				j.Name = cluster.Name(w.output)
			}
			if f.kubernetes {
				return a.kubernetes(&j, w)
			}
			return a.slurm(c.Context(), &j, w, f.dry)
		},
	}
	fl := c.Flags()
	fl.BoolVar(&f.slurm, "slurm", false, "submit to Slurm, with sbatch")
	fl.BoolVar(&f.kubernetes, "k8s", false, "print a manifest for Kubernetes")
	fl.IntVar(&f.job.Shards, "shards", 0, fmt.Sprintf("`number` of parts, 1 to %d; losscape plan says what each costs", cluster.MaxShards))
	fl.IntVar(&f.job.AtOnce, "at-once", 0, "`number` of shards that run at the same time at most (default all)")
	fl.IntVar(&f.job.Retries, "retries", 10, "`times` that a shard starts again at most")
	fl.IntVar(&f.job.CPUs, "cpus", 0, "processors of a shard, a `number` (default what the cluster gives)")
	fl.IntVar(&f.job.GPUs, "gpus", 0, "GPUs of a shard, a `number`")
	fl.StringVar(&f.job.Memory, "mem", "", "memory of a shard, an `amount` such as 8G (default what the cluster gives)")
	fl.StringVar(&f.job.Time, "time", "", "the longest that a shard runs before it is stopped, to go on later, a `time` such as 90 (minutes), 12:00:00 or 2-12:00:00 (default what the cluster gives)")
	fl.StringVar(&f.job.Name, "name", "", "`name` of the job (default losscape- and that of FILE)")
	fl.StringVar(&f.job.Program, "program", "", "`path` of losscape on the nodes (default this program; in an image losscape)")
	fl.StringVar(&f.job.Partition, "partition", "", "of Slurm: the `partition` to take")
	fl.StringArrayVar(&f.job.Extra, "extra", nil, "of Slurm: one more `option` of sbatch for both jobs, such as --extra=--account=physics; may be repeated")
	fl.StringVar(&f.job.Image, "image", "", "of Kubernetes: the `image` that has losscape")
	fl.StringVar(&f.job.Claim, "claim", "", "of Kubernetes: the PersistentVolumeClaim that the pods share, by `name`")
	fl.StringVar(&f.job.Mount, "mount", "/work", "of Kubernetes: the `folder` where the pods see it, and run")
	fl.StringVar(&f.job.Namespace, "namespace", "", "of Kubernetes: the `name` of the namespace")
	fl.BoolVar(&f.dry, "dry-run", false, "print, and submit nothing")
	return c
}

// check finds what is wrong with the flags by themselves.
func (f *submitFlags) check(c *cobra.Command) error {
	given := c.Flags().Changed
	if f.slurm == f.kubernetes {
		return usagef("submit needs one of --slurm and --k8s: what computes the shards")
	}
	only := func(engine string, flags ...string) error {
		for _, flag := range flags {
			if given(flag) {
				return usagef("--%s is for %s", flag, engine)
			}
		}
		return nil
	}
	var err error
	if f.kubernetes {
		err = only("--slurm", "partition", "extra")
	} else {
		err = only("--k8s", "image", "claim", "mount", "namespace")
	}
	if err != nil {
		return err
	}
	err = checkFlags(c, map[string]func() error{
		"at-once": atLeast("at-once", f.job.AtOnce, 1),
		"retries": atLeast("retries", f.job.Retries, 0),
		"cpus":    atLeast("cpus", f.job.CPUs, 1),
		"gpus":    atLeast("gpus", f.job.GPUs, 0),
		"mem":     func() error { return flagError("mem", cluster.CheckMemory(f.job.Memory)) },
		"time":    func() error { _, err := cluster.Seconds(f.job.Time); return flagError("time", err) },
		"name":    func() error { return flagError("name", cluster.CheckName(f.job.Name)) },
		"extra": func() error {
			for _, e := range f.job.Extra {
				if !strings.HasPrefix(e, "-") || strings.ContainsAny(e, "\n\r") {
					return usagef("--extra %s, want an option of sbatch such as --extra=--account=physics", quote.Text(e))
				}
			}
			return nil
		},
		"partition": func() error {
			if f.job.Partition == "" || strings.ContainsAny(f.job.Partition, "\n\r") {
				return usagef("--partition %s, want a name that sinfo lists", quote.Text(f.job.Partition))
			}
			return nil
		},
	})
	if err != nil {
		return err
	}
	return f.checkNeeded()
}

// checkNeeded finds which flag is missing.
func (f *submitFlags) checkNeeded() error {
	switch n := f.job.Shards; {
	case n == 0:
		return usagef("submit needs --shards N: into how many parts the work is divided; losscape plan says what each costs")
	case n < 0 || n > cluster.MaxShards:
		return usagef("--shards %d, want 1 to %d", n, cluster.MaxShards)
	}
	if !f.kubernetes {
		return nil
	}
	switch {
	case f.job.Image == "" || strings.ContainsAny(f.job.Image, " \t\n\r"):
		return usagef("submit --k8s needs --image NAME: one that has losscape, such as cmd/losscape/Dockerfile builds")
	case f.job.Claim == "" || strings.ContainsAny(f.job.Claim, " \t\n\r"):
		return usagef("submit --k8s needs --claim NAME: a PersistentVolumeClaim that all pods can write")
	case !path.IsAbs(f.job.Mount) || strings.Contains(f.job.Mount, ":"):
		return usagef("--mount %s, want an absolute path without a colon", quote.Text(f.job.Mount))
	}
	return nil
}

// atLeast checks the number of a flag.
func atLeast(flag string, n, least int) func() error {
	return func() error {
		if n >= least {
			return nil
		}
		return usagef("--%s %d, want at least %d", flag, n, least)
	}
}

// flagError says of which flag an error is.
func flagError(flag string, err error) error {
	if err == nil {
		return nil
	}
	return usagef("--%s %w", flag, err)
}

// slurm submits a job to Slurm, or prints its scripts only.
func (a *app) slurm(ctx context.Context, j *cluster.Job, w *work, dry bool) error {
	target, err := filepath.Abs(w.output)
	if err != nil {
		return err
	}
	if j.Dir, err = os.Getwd(); err != nil {
		return err
	}
	if j.Program == "" {
		if j.Program, err = os.Executable(); err != nil {
			return fmt.Errorf("where this program is cannot be found out (%w): say it with --program", err)
		}
	}
	j.Logs = target + ".slurm"
	scripts, err := j.Slurm()
	if err != nil {
		return err
	}
	files := []struct{ path, text string }{
		{filepath.Join(j.Logs, "shards.sbatch"), scripts.Shards},
		{filepath.Join(j.Logs, "merge.sbatch"), scripts.Merge},
	}
	for i, f := range files {
		if i > 0 {
			fmt.Fprintln(a.stdout)
		}
		fmt.Fprintf(a.stdout, "==> %s <==\n%s", f.path, f.text)
	}
	if warning := unshared(append([]string{j.Program}, w.named()...)); warning != "" {
		a.logf("%s", warning)
	}
	if dry {
		return nil
	}
	sbatch, err := exec.LookPath("sbatch")
	if err != nil {
		return fmt.Errorf("sbatch was not found: submit where Slurm's commands are, or print the scripts with --dry-run")
	}
	if err := os.Mkdir(j.Logs, 0o777); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	for _, f := range files {
		if err := writeWhole(f.path, f.text); err != nil {
			return err
		}
	}
	shards, err := a.sbatch(ctx, sbatch, files[0].path)
	if err != nil {
		return err
	}
	id, _, _ := strings.Cut(shards, ";") // a cluster may be behind it
	merge, err := a.sbatch(ctx, sbatch, "--dependency=afterok:"+id, files[1].path)
	if err != nil {
		how := "and they were cancelled"
		if e := exec.Command("scancel", id).Run(); e != nil {
			how = fmt.Sprintf("and they could not be cancelled (%v): scancel %s", e, id)
		}
		return fmt.Errorf("the merge of the shards of job %s was not submitted, %s: %w", id, how, err)
	}
	merge, _, _ = strings.Cut(merge, ";")
	most := ""
	if j.AtOnce > 0 {
		most = fmt.Sprintf(", at most %d at a time", j.AtOnce)
	}
	a.logf("submitted: job %s, %d shards%s, and job %s, their merge into %s", id, j.Shards, most, merge, w.output)
	a.logf("squeue --jobs=%s,%s and losscape status %s say how far they are, scancel %s %s ends them; logs are in %s", id, merge, quote.Shell(w.output), id, merge, j.Logs)
	return nil
}

// writeWhole writes a file that is there whole or not at all.
func writeWhole(path, text string) error {
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := f.Write([]byte(text)); err != nil {
		return err
	}
	return f.Commit()
}

// sbatch runs sbatch and returns what it says of the job, its ID first.
func (a *app) sbatch(ctx context.Context, program string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, program, append([]string{"--parsable"}, args...)...)
	var said strings.Builder
	c.Stderr = &said
	out, err := c.Output()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	words := strings.Join(strings.Fields(strings.ReplaceAll(said.String(), "sbatch: error: ", "")), " ")
	if err != nil {
		if words == "" {
			words = err.Error()
		}
		if strings.Contains(words, "Invalid job array") {
			words += " (sites limit the number of shards: scontrol show config | grep MaxArraySize)"
		}
		return "", fmt.Errorf("sbatch: %s", words)
	}
	if words != "" {
		a.logf("sbatch: %s", words)
	}
	id := strings.TrimSpace(string(out))
	if id == "" {
		return "", fmt.Errorf("sbatch has not said which job it is")
	}
	return id, nil
}

// kubernetes prints the manifest of a job.
func (a *app) kubernetes(j *cluster.Job, w *work) error {
	j.Dir = j.Mount
	if j.Program == "" {
		j.Program = "losscape"
	}
	for _, f := range w.named() {
		inside := filepath.IsLocal(f)
		if rel, err := filepath.Rel(j.Mount, f); path.IsAbs(f) && err == nil {
			inside = filepath.IsLocal(rel)
		}
		if !inside {
			return usagef("the pods do not see %s: name it relative to the volume, which is at %s there, or let --mount be a folder above it", f, j.Mount)
		}
	}
	text, err := j.Kubernetes()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprint(a.stdout, text); err != nil {
		return err
	}
	a.logf("when the shards are there, let the merge begin:\n  %s", strings.Join(j.After(), "\n  "))
	return nil
}

// unshared says which paths may be on this machine alone; empty if none is.
func unshared(paths []string) string {
	var own []string
	kinds := ""
	for _, p := range paths {
		if kind, local := localDisk(p); local {
			own = append(own, p)
			kinds = kind
		}
	}
	if len(own) == 0 {
		return ""
	}
	verb := "is"
	if len(own) > 1 {
		verb = "are"
	}
	return fmt.Sprintf("%s %s on a file system of this machine (%s): every node has to see them at these paths", strings.Join(own, ", "), verb, kinds)
}
