package cluster

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"

	"losscape/cpu/quote"
)

// Scripts are what sbatch takes, in the order in which it takes them.
type Scripts struct {
	Shards string // an array job, a task for each shard
	Merge  string // to be submitted with --dependency=afterok:ID, the ID of the array
}

//go:embed slurm.sh
var slurmText string

var slurmTemplate = template.Must(template.New("slurm.sh").Funcs(template.FuncMap{
	"shell":     quote.Shell,
	"command":   func(words []string) string { return quote.Command(words...) },
	"losscape":  func(words []string) string { return quote.Command(append([]string{"losscape"}, words...)...) },
	"directive": directive,
	"last":      func(shards int) int { return shards - 1 },
	"comment":   func(s string) string { return strings.NewReplacer("\n", `\n`, "\r", `\r`).Replace(s) },
}).Parse(slurmText))

// directive returns s as a word of a line #SBATCH. sbatch has double quotes, and backslashes
// within them, as a shell does, but expands nothing.
func directive(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// Slurm writes the scripts of a job.
func (j *Job) Slurm() (s Scripts, err error) {
	if err := j.validate(); err != nil {
		return s, err
	}
	if !strings.HasPrefix(j.Logs, "/") || strings.ContainsAny(j.Logs, "\n\r\\") {
		return s, fmt.Errorf("the folder %s for logs, want an absolute path without line breaks and backslashes, which Slurm does not take", quote.Text(j.Logs))
	}
	for _, e := range append([]string{j.Partition}, j.Extra...) {
		if strings.ContainsAny(e, "\n\r\x00") {
			return s, fmt.Errorf("the option %s of sbatch has a line break", quote.Text(e))
		}
	}
	for _, e := range j.Extra {
		if !strings.HasPrefix(e, "-") {
			return s, fmt.Errorf("%s is no option of sbatch, want one such as --account=NAME", quote.Text(e))
		}
	}
	write := func(merge bool) string {
		var b strings.Builder
		logs := strings.ReplaceAll(j.Logs, "%", "%%")
		data := struct {
			*Job
			Merging bool
			Log     string
			Again   int
			Never   int
		}{j, merge, logs + "/shard-%a.log", Again, Never}
		if merge {
			data.Log = logs + "/merge.log"
		}
		if err := slurmTemplate.Execute(&b, data); err != nil {
			panic(err) // the template is ours
		}
		return b.String()
	}
	return Scripts{write(false), write(true)}, nil
}
