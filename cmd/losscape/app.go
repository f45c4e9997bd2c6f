package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/cluster"
	"losscape/cmd/losscape/store"
	"losscape/cpu/quote"
	"losscape/gpu/film"
	"losscape/scenes"
	"losscape/scenes/letters"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNever       = cluster.Never // and will again, whoever computes it: for engines that run jobs
	exitAgain       = cluster.Again // and may not again later: EX_TEMPFAIL of sysexits.h
	exitInterrupted = 130
	exitUnread      = 141 // 128 + SIGPIPE, as the shell has it of programs that the signal ends
	exitTerminated  = 143 // 128 + SIGTERM
)

// version is set by the linker.
var version string

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

// app is a run of the command: its streams and its global flags.
type app struct {
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
	terminal       bool // stdout is one

	backend      backend.Kind
	backendGiven bool // on the command line
	precision    backend.Precision
	precise      bool // it is on the command line, and so comes before a scene's
	exact        bool // of the verbs that compute landscapes
	device       int
	quiet        bool
	progress     string // one of progressKinds
	json         bool   // of the verbs that report

	work *work // nil unless the verb only has to say what it would compute

	sharded bool // the verb computes a part of its work
	started bool // a verb has begun: errors are no longer about usage
}

// usageError is an error in how the command was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// maxMessage is how many characters of an error are printed at most: it may
// quote an argument or a file.
const maxMessage = 4000

// errReported is an error whose message is already in the output.
var errReported = errors.New("failed")

// errUnread ends a command whose standard output has lost its reader, such as head,
// which has all that it wants: nobody has to be told.
var errUnread = errors.New("nobody reads the output")

// readWriter is standard output for as long as it has a reader, and until its context is
// done: a reader may keep a write waiting for ever.
type readWriter struct {
	io.Writer
	ctx context.Context
	end context.CancelCauseFunc
}

func (w readWriter) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := await(w.ctx, func() (int, error) { return w.Writer.Write(p) })
	if errors.Is(err, syscall.EPIPE) {
		w.end(errUnread)
	}
	return n, err
}

// run runs the command line args and returns the exit code. Results go to
// stdout or to files, all else to stderr.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	a := &app{args: args, stdin: stdin, stderr: stderr, terminal: isTerminal(stdout)}
	var to io.Writer = readWriter{stdout, ctx, cancel}
	if a.terminal { // which is given text only
		to = quote.Printer(to)
	}
	out := bufio.NewWriter(to)
	a.stdout = out
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if e := out.Flush(); err == nil && e != nil {
		err = fmt.Errorf("the output was not written: %w", e)
		a.started = true // of --version and --help, too: this is no wrong usage
	}
	if !a.started && asksJSON(args) {
		a.progress = progressJSON
	}
	if w := letters.Warning(letters.Missed()); w != "" {
		a.warnf("%s", w)
	}
	switch usage, finished := (usageError{}), (*finishedError)(nil); {
	case err == nil:
		return exitDone
	case errors.As(err, &finished):
		a.logf("%s", message(finished))
		return exitDone
	case context.Cause(ctx) == errUnread:
		return exitUnread
	case errors.Is(err, context.Canceled):
		var by signalled
		if errors.As(context.Cause(ctx), &by) && by.exitCode() == exitTerminated {
			return a.fail(exitTerminated, "terminated")
		}
		return a.fail(exitInterrupted, "interrupted")
	case errors.Is(err, errReported):
		return exitFailed
	case !a.started, errors.As(err, &usage), errors.Is(err, film.ErrUsage):
		return a.fail(exitUsage, quote.Cut(message(err), maxMessage))
	default:
		return a.fail(a.exitOf(err), quote.Cut(message(err), maxMessage))
	}
}

// exitOf returns what the command exits with after an error that is not about usage.
func (a *app) exitOf(err error) int {
	bad := (*scenes.Error)(nil)
	switch {
	case errors.Is(err, store.ErrLocked), errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, backend.ErrNoDevice), deviceLost(err),
		errors.Is(err, film.ErrStalled), errors.Is(err, film.ErrHangs), errors.Is(err, film.ErrKilled):
		return exitAgain
	case errors.Is(err, store.ErrDiffers), a.sharded && errors.As(err, &bad):
		return exitNever
	}
	return exitFailed
}

var parserWords = regexp.MustCompile(`: strconv\.Parse\w+: parsing "[^"]*": `)

var longValue = regexp.MustCompile(fmt.Sprintf(`"([^"]{%d})[^"]+"`, quote.Chars))

// message is an error's text, with the flags and verbs that help: libraries know none.
func message(err error) string {
	return err.Error() + advice(err)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "losscape",
		Short: "Loss landscapes on the GPU: numbers that are checked, films worth showing",
		Long: `losscape computes loss landscapes and training runs on the GPU, films them,
and checks its numbers against a float64 reference.

SCENE is the name of a built-in scene ("losscape scenes" lists them) or the path
of a .toml file. Results go to files or to standard output, everything else to
standard error; -o - names standard output, and ./- a file of that name. Exit codes:
0 done, 1 failed, 2 wrong usage, 42 failed, and would again (the pieces of the work are of
another scene, program or device, or the scene of a part is wrong), 75 failed, and may not
again later (disk full, device lost or none there, ffmpeg killed or hanging, another process
works on it), 130 interrupted, 141 nobody reads the output any more, 143 terminated.`,
		Version:           versionText(),
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if !slices.Contains(backend.Kinds, string(a.backend)) {
				return usagef("--backend %q, want one of: %s", a.backend, strings.Join(backend.Kinds, ", "))
			}
			a.backendGiven = c.Flags().Changed("backend")
			a.precise = c.Flags().Changed("precision")
			if err := a.checkPrecision(c); err != nil {
				return err
			}
			if a.device < backend.AnyDevice {
				return usagef("--device %d, want an index as losscape doctor lists them, from 0", a.device)
			}
			if err := a.checkProgress(); err != nil {
				return err
			}
			a.started = true
			if a.quiet || a.progress == progressJSON {
				silenceDrivers()
			}
			return nil
		},
	}
	root.SetVersionTemplate("losscape {{.Version}}\n")
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.CompletionOptions.HiddenDefaultCmd = false
	flags := root.PersistentFlags()
	flags.StringVar((*string)(&a.backend), "backend", string(backend.Auto), "`what` computes: auto, gpu (in --precision) or cpu (float64)")
	flags.StringVar((*string)(&a.precision), "precision", backend.Precisions[0], "`what` the device computes in: auto (float32, and float64 where that cannot tell how a run ends), single (float32) or double (float64)")
	flags.IntVar(&a.device, "device", backend.AnyDevice, "GPU device `N`, as doctor lists them (default hardware before software)")
	flags.BoolVarP(&a.quiet, "quiet", "q", false, "say nothing but errors, whatever --progress is")
	flags.StringVar(&a.progress, "progress", progressAuto, "`how` standard error shows progress: auto (a bar on a terminal, else lines), bar, lines, json (an object a line, and so all else there: see losscape help json) or none")
	flags.Lookup("device").DefValue = "0" // not shown: the text says it
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		// pflag quotes strconv's words, which say less than its own, and all of a
		// value.
		return usagef("%s", longValue.ReplaceAllString(parserWords.ReplaceAllString(err.Error(), ": "), `"$1"…`))
	})
	root.RegisterFlagCompletionFunc("progress", cobra.FixedCompletions(progressKinds, cobra.ShellCompDirectiveNoFileComp))
	root.RegisterFlagCompletionFunc("precision", cobra.FixedCompletions(backend.Precisions, cobra.ShellCompDirectiveNoFileComp))
	root.RegisterFlagCompletionFunc("backend", cobra.FixedCompletions(backend.Kinds, cobra.ShellCompDirectiveNoFileComp))
	root.AddCommand(a.renderCommand(), a.trainCommand(), a.fitCommand(), a.initCommand(), a.gridCommand(), a.sweepCommand(), a.viewCommand(), a.verifyCommand(), a.benchCommand(), a.scenesCommand(), a.doctorCommand(), a.mergeCommand(), a.statusCommand(), a.planCommand(), a.submitCommand(), jsonTopic())
	return root
}

// silenceDrivers has the OpenGL libraries, which are loaded later, keep their own
// warnings from stderr: Mesa's libEGL and loader, see
// https://docs.mesa3d.org/envvars.html. What the user has set stays.
func silenceDrivers() {
	for _, v := range [][2]string{{"EGL_LOG_LEVEL", "fatal"}, {"LIBGL_DEBUG", "quiet"}, {"MESA_DEBUG", "silent"}} {
		if _, set := os.LookupEnv(v[0]); !set {
			os.Setenv(v[0], v[1])
		}
	}
}

// writeReport prints a report, one of reports, as JSON.
func (a *app) writeReport(name string, r report) error { return encodeReport(a.stdout, name, r) }

// encodeReport writes a report.
func encodeReport(w io.Writer, name string, r report) error {
	r.begin(name)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

func (a *app) jsonFlag(c *cobra.Command) {
	c.Flags().BoolVar(&a.json, "json", false, "print JSON")
}

// oneScene is the check of the arguments of a verb that takes a scene.
func oneScene(c *cobra.Command, args []string) error {
	switch len(args) {
	case 0:
		return usagef("%s needs a SCENE: one of %s, or the path of a .toml file", c.Name(), strings.Join(scenes.Names(), ", "))
	case 1:
		return nil
	}
	return usagef("%s takes one SCENE, here are %d: %s", c.Name(), len(args), quote.Words(args))
}

// completeScene offers the built-in scenes, or scene files to who types a path.
func completeScene(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, n := range scenes.Names() {
		if strings.HasPrefix(n, typed) {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return []string{"toml"}, cobra.ShellCompDirectiveFilterFileExt
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// revalidate checks a scene after flags have changed it. What is wrong is
// wrong with a flag then, and named as one.
func revalidate(c *cobra.Command, s *scenes.Scene) error {
	err := s.Validate()
	var bad *scenes.Error
	if errors.As(err, &bad) {
		key := indices.ReplaceAllString(bad.Key, "")
		for _, part := range strings.Split(key, ".") {
			if c.Flags().Changed(part) {
				return usagef("--%s: %s", part, bad.Msg)
			}
		}
	}
	if err != nil {
		return usageError{err}
	}
	return nil
}

var indices = regexp.MustCompile(`\[\d+\]`)
