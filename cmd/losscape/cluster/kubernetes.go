package cluster

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"losscape/cpu/quote"

	"go.yaml.in/yaml/v3"
)

// user is the user and group of the processes in pods, that of the Dockerfile of cmd/losscape.
const user = 10001

// grace is how many seconds a pod has that is told to end: a piece of the work is finished or
// dropped in far less.
const grace = 60

// The types have the names and the meaning of the fields of batch/v1 and core/v1,
// https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/.
type (
	kubeJob struct {
		APIVersion string   `yaml:"apiVersion"`
		Kind       string   `yaml:"kind"`
		Metadata   kubeMeta `yaml:"metadata"`
		Spec       kubeSpec `yaml:"spec"`
	}
	kubeMeta struct {
		Name      string            `yaml:"name,omitempty"`
		Namespace string            `yaml:"namespace,omitempty"`
		Labels    map[string]string `yaml:"labels"`
	}
	kubeSpec struct {
		Suspend              bool              `yaml:"suspend,omitempty"`
		CompletionMode       string            `yaml:"completionMode,omitempty"`
		Completions          int               `yaml:"completions"`
		Parallelism          int               `yaml:"parallelism"`
		BackoffLimit         *int              `yaml:"backoffLimit,omitempty"`
		BackoffLimitPerIndex *int              `yaml:"backoffLimitPerIndex,omitempty"`
		PodFailurePolicy     kubeFailurePolicy `yaml:"podFailurePolicy"`
		Template             kubeTemplate      `yaml:"template"`
	}
	kubeFailurePolicy struct {
		Rules []kubeRule `yaml:"rules"`
	}
	kubeRule struct {
		Action          string          `yaml:"action"`
		OnExitCodes     *kubeExitCodes  `yaml:"onExitCodes,omitempty"`
		OnPodConditions []kubeCondition `yaml:"onPodConditions,omitempty"`
	}
	kubeExitCodes struct {
		ContainerName string `yaml:"containerName"`
		Operator      string `yaml:"operator"`
		Values        []int  `yaml:"values"`
	}
	kubeCondition struct {
		Type   string `yaml:"type"`
		Status string `yaml:"status"`
	}
	kubeTemplate struct {
		Metadata kubeMeta `yaml:"metadata"`
		Spec     kubePod  `yaml:"spec"`
	}
	kubePod struct {
		RestartPolicy string          `yaml:"restartPolicy"`
		Deadline      int64           `yaml:"activeDeadlineSeconds,omitempty"`
		Grace         int             `yaml:"terminationGracePeriodSeconds"`
		Security      kubePodSecurity `yaml:"securityContext"`
		Containers    []kubeContainer `yaml:"containers"`
		Volumes       []kubeVolume    `yaml:"volumes"`
	}
	kubePodSecurity struct {
		NonRoot bool `yaml:"runAsNonRoot"`
		User    int  `yaml:"runAsUser"`
		Group   int  `yaml:"runAsGroup"`
		FSGroup int  `yaml:"fsGroup"`
	}
	kubeContainer struct {
		Name       string         `yaml:"name"`
		Image      string         `yaml:"image"`
		Command    []string       `yaml:"command"`
		Args       []string       `yaml:"args"`
		WorkingDir string         `yaml:"workingDir"`
		Resources  *kubeResources `yaml:"resources,omitempty"`
		Security   kubeSecurity   `yaml:"securityContext"`
		Mounts     []kubeMount    `yaml:"volumeMounts"`
	}
	kubeResources struct {
		Requests map[string]string `yaml:"requests,omitempty"`
		Limits   map[string]string `yaml:"limits,omitempty"`
	}
	kubeSecurity struct {
		Escalation bool `yaml:"allowPrivilegeEscalation"`
	}
	kubeMount struct {
		Name string `yaml:"name"`
		Path string `yaml:"mountPath"`
	}
	kubeVolume struct {
		Name  string    `yaml:"name"`
		Claim kubeClaim `yaml:"persistentVolumeClaim"`
	}
	kubeClaim struct {
		Name string `yaml:"claimName"`
	}
)

// Kubernetes writes a manifest of two jobs: the shards, and their merge, which is suspended, as
// Kubernetes knows no order of jobs. After says what lets it begin. A pod whose node goes away does not
// count as a failure, nor does it as a start of the shard.
func (j *Job) Kubernetes() (string, error) {
	if err := j.validate(); err != nil {
		return "", err
	}
	for _, f := range [][2]string{{"image", j.Image}, {"claim of a volume", j.Claim}} {
		if f[1] == "" || strings.ContainsAny(f[1], " \t\n\r") {
			return "", fmt.Errorf("the %s %s, want its name", f[0], quote.Text(f[1]))
		}
	}
	if !path.IsAbs(j.Mount) || strings.Contains(j.Mount, ":") {
		return "", fmt.Errorf("the volume is at %s, want an absolute path without a colon", quote.Text(j.Mount))
	}
	shards := j.kubeJob(j.Name, append(append([]string{}, expand(j.Args)...), "--shard", fmt.Sprintf("$(JOB_COMPLETION_INDEX)/%d", j.Shards), "--resume"))
	shards.Spec.CompletionMode = "Indexed"
	shards.Spec.Completions, shards.Spec.Parallelism = j.Shards, j.Shards
	if j.AtOnce > 0 {
		shards.Spec.Parallelism = min(j.AtOnce, j.Shards)
	}
	shards.Spec.BackoffLimitPerIndex = &j.Retries
	limits := map[string]string{}
	if j.GPUs > 0 {
		limits["nvidia.com/gpu"] = fmt.Sprint(j.GPUs)
	}
	shards.require(j, limits)

	merge := j.kubeJob(j.Name+"-merge", expand(j.Merge))
	merge.Spec.Suspend = true
	merge.Spec.Completions, merge.Spec.Parallelism = 1, 1
	merge.Spec.BackoffLimit = &j.Retries
	merge.require(j, map[string]string{})

	var b bytes.Buffer
	fmt.Fprintf(&b, "# The shards of a losscape command, and the job that merges them, for Kubernetes 1.29 or later,\n# as losscape submit writes it. When the shards are there, let the merge begin:\n#   %s\n", strings.Join(j.After(), "\n#   "))
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	for _, d := range []*kubeJob{shards, merge} {
		if err := e.Encode(d); err != nil {
			return "", err
		}
	}
	return b.String(), e.Close()
}

// After returns the commands, in their order, that wait for the shards in Kubernetes and have the merge begin.
func (j *Job) After() []string {
	in := ""
	if j.Namespace != "" {
		in = " --namespace=" + j.Namespace
	}
	return []string{
		fmt.Sprintf("kubectl wait%s --for=condition=complete --timeout=-1s job/%s", in, j.Name),
		fmt.Sprintf(`kubectl patch%s job/%s-merge --patch='{"spec":{"suspend":false}}'`, in, j.Name),
	}
}

// expand returns arguments that Kubernetes, which replaces $(NAME) and $$, leaves as they are here.
func expand(args []string) []string {
	escaped := make([]string, len(args))
	for i, a := range args {
		escaped[i] = strings.ReplaceAll(a, "$", "$$")
	}
	return escaped
}

// kubeJob returns what the two jobs have in common.
func (j *Job) kubeJob(name string, args []string) *kubeJob {
	const container, volume = "losscape", "work"
	labels := map[string]string{"app.kubernetes.io/name": "losscape", "app.kubernetes.io/instance": j.Name}
	d := &kubeJob{APIVersion: "batch/v1", Kind: "Job", Metadata: kubeMeta{Name: name, Namespace: j.Namespace, Labels: labels}}
	on := func(action string, codes ...int) kubeRule {
		return kubeRule{Action: action, OnExitCodes: &kubeExitCodes{container, "In", codes}}
	}
	d.Spec.PodFailurePolicy.Rules = []kubeRule{
		{Action: "Ignore", OnPodConditions: []kubeCondition{{"DisruptionTarget", "True"}}},
		on("FailJob", 2, Never), // 2: wrong usage
		on("Count", Again),
	}
	pod := &d.Spec.Template.Spec
	d.Spec.Template.Metadata.Labels = labels
	pod.RestartPolicy, pod.Grace = "Never", grace
	if j.Time != "" {
		pod.Deadline, _ = Seconds(j.Time) // valid
	}
	pod.Security = kubePodSecurity{true, user, user, user}
	pod.Containers = []kubeContainer{{Name: container, Image: j.Image, Command: expand([]string{j.Program}), Args: args, WorkingDir: j.Dir, Mounts: []kubeMount{{volume, j.Mount}}}}
	pod.Volumes = []kubeVolume{{volume, kubeClaim{j.Claim}}}
	return d
}

// require has the pods have the job's processors and memory, and what else has limits.
func (d *kubeJob) require(j *Job, limits map[string]string) {
	requests := map[string]string{}
	if j.CPUs > 0 {
		requests["cpu"] = fmt.Sprint(j.CPUs)
	}
	if j.Memory != "" {
		requests["memory"], limits["memory"] = binary(j.Memory), binary(j.Memory)
	}
	if len(requests)+len(limits) > 0 {
		d.Spec.Template.Spec.Containers[0].Resources = &kubeResources{requests, limits}
	}
}
