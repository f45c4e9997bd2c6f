// Package cluster writes what has an engine compute a losscape command in shards: a script for
// Slurm's sbatch, and a manifest for Kubernetes, each with a second job that merges the shards.
//
// Both engines learn from exit codes what to do: Again has a shard start again, a limited number
// of times, and Never ends the work. A shard that starts again goes on with the pieces that it has
// finished.
package cluster

// Exit codes that tell an engine what to do.
const (
	Again = 75 // EX_TEMPFAIL of sysexits.h: the same may succeed later, such as when a disk is full
	Never = 42 // the same will fail again, such as on a scene with an error in it
)

// Job is a command in shards. Texts may have any characters but where a field says otherwise.
type Job struct {
	Name    string   // of a DNS label: see Name
	Program string   // path of losscape, as the nodes see it
	Args    []string // of the command, such as sweep SCENE -o F, without --shard and --resume
	Merge   []string // arguments that have losscape put the shards together
	Dir     string   // the folder in which both run, an absolute path

	Shards  int // at least 1
	AtOnce  int // shards that run at the same time, at most; 0 for any number
	Retries int // how often a shard starts again, at most

	CPUs   int    // of a shard; 0 for what the engine gives
	GPUs   int    // of a shard
	Memory string // of a shard, such as 8G, see CheckMemory; empty for what the engine gives
	Time   string // of a shard, such as 2-12:00:00, see Seconds; empty for what the engine gives

	// Of Slurm alone.
	Logs      string   // folder of logs, an absolute path without line breaks and backslashes; it has to be there
	Partition string   // empty for the default one
	Extra     []string // more options of sbatch for the shards and the merge, without line breaks, such as --account=x

	// Of Kubernetes alone.
	Image     string // that has losscape
	Claim     string // the PersistentVolumeClaim that all pods share
	Mount     string // where they see it
	Namespace string // empty for the default one
}

// MaxShards is the most shards of a job: what Kubernetes allows a job with a limit of retries
// for each index, https://kubernetes.io/docs/concepts/workloads/controllers/job/. Slurm's limit is the
// site's, MaxArraySize, at most 4 million.
const MaxShards = 100_000
