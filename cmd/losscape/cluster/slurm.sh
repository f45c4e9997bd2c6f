#!/bin/bash
{{- if .Merging}}
# Merges the shards of
{{- else}}
# One of {{.Shards}} shards of
{{- end}}
#   {{comment (losscape .Args)}}
# for Slurm, as losscape submit writes it.
#SBATCH --job-name={{.Name}}{{if .Merging}}-merge{{end}}
{{- if .Merging}}
#SBATCH --kill-on-invalid-dep=yes
{{- else}}
#SBATCH --array=0-{{last .Shards}}{{if .AtOnce}}%{{.AtOnce}}{{end}}
{{- end}}
#SBATCH --nodes=1
#SBATCH --ntasks=1
{{- if and .CPUs (not .Merging)}}
#SBATCH --cpus-per-task={{.CPUs}}
{{- end}}
{{- if and .GPUs (not .Merging)}}
#SBATCH --gres=gpu:{{.GPUs}}
{{- end}}
{{- if .Memory}}
#SBATCH --mem={{.Memory}}
{{- end}}
{{- if .Time}}
#SBATCH --time={{.Time}}
{{- end}}
{{- if .Partition}}
#SBATCH {{directive (print "--partition=" .Partition)}}
{{- end}}
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@60
#SBATCH {{directive (print "--output=" .Log)}}
{{- range .Extra}}
#SBATCH {{directive .}}
{{- end}}
set -euo pipefail
cd -- {{shell .Dir}}

# A signal to this script, such as a minute before its time is up, goes on to losscape, which
# leaves what it has finished.
told=0
child=
tell() {
	told=$((told + 1))
	if [ -n "$child" ]; then kill -TERM "$child" 2>/dev/null || true; fi
}
trap tell TERM INT HUP

{{shell .Program}} {{if .Merging}}{{command .Merge}}{{else}}{{command .Args}} --shard "$SLURM_ARRAY_TASK_ID/{{.Shards}}" --resume{{end}} &
child=$!
if [ "$told" -gt 0 ]; then kill -TERM "$child" 2>/dev/null || true; fi
while :; do # a signal ends a wait
	before=$told
	code=0
	wait "$child" || code=$?
	if [ "$told" -eq "$before" ]; then break; fi
done

case $code in
0) exit 0 ;;
{{.Again}} | 130 | 137 | 143) ;; # what may succeed later, or was ended from outside
*)
	echo "losscape has failed with exit code $code, and is not started again" >&2
	exit "$code"
	;;
esac
restarts=${SLURM_RESTART_COUNT:-0}
if [ "$restarts" -ge {{.Retries}} ]; then
	echo "losscape has ended with exit code $code, and was started again $restarts times: that is enough" >&2
	exit "$code"
fi
# Who cancels the job wants no other one, and who preempts it has it queued already.
{{- if .Merging}}
job=$SLURM_JOB_ID
{{- else}}
job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID # SLURM_JOB_ID of the last task is that of the array
{{- end}}
if [ "$(squeue --noheader --jobs="$job" --format=%T)" = RUNNING ]; then
	echo "losscape has ended with exit code $code: the job is queued again" >&2
	scontrol requeue "$job"
fi
exit "$code"
