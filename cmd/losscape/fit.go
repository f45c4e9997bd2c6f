package main

import (
	"context"
	"fmt"
	"math"
	"strings"
	"text/tabwriter"

	"losscape/cpu"
	"losscape/scenes"

	"github.com/spf13/cobra"
)

func (a *app) fitCommand() *cobra.Command {
	var l2 float64
	var penalize string
	c := &cobra.Command{
		Use:   "fit SCENE",
		Short: "Find the minimum of a scene's loss, or prove that there is none",
		Long: `fit finds the minimum of a scene's loss by Newton's steps, in float64 on the CPU,
and proves that it is one: named weights with standard errors, z and p, loss,
log-likelihood, accuracy, the confusion matrix, the Hessian's eigenvalues, and below
which learning rates gradient descent, momentum and Nesterov are stable (2/λ,
(2 + 2β)/λ and (2 + 2β)/((1 + 2β) λ) with β = 0.9).

Where the classes are separable there is no minimum without an L2 term. fit proves that,
too, and says whether completely, so that all samples are told right, or
quasi-completely, so that some lie on the border; which weights go to infinity; which
samples are won for ever; and the margin.

The loss is that without eps. A standard error is the root of the diagonal of
(N H)⁻¹, H being the Hessian of the mean loss and N the number of samples, or the total of
their weights, which count as numbers of samples. With an L2 term there is none: the term
pulls the weights towards 0, by an amount that a standard error does not tell. The
standardized weights are those of features with mean 0 and standard deviation 1.`,
		Example: `  losscape fit iris
  losscape fit mine.toml --l2 0.01 --penalize weights --json`,
		Args:              oneScene,
		ValidArgsFunction: completeScene,
		RunE: func(c *cobra.Command, args []string) error {
			s, err := a.loadScene(c.Context(), args[0])
			if err != nil {
				return err
			}
			if c.Flags().Changed("l2") {
				s.Problem.L2 = l2
			}
			if c.Flags().Changed("penalize") {
				var ok bool
				if s.Problem.Penalize, ok = cpu.ParsePenalty(penalize); !ok {
					return usagef("--penalize %q, want one of: %s", penalize, strings.Join(cpu.Penalties(), ", "))
				}
			}
			if err := revalidate(c, s); err != nil {
				return err
			}
			return a.fit(c.Context(), s)
		},
	}
	fl := c.Flags()
	fl.Float64Var(&l2, "l2", 0, "`weight` of the L2 term (default the scene's)")
	fl.Lookup("l2").DefValue = "0" // not shown: the text says it
	fl.StringVar(&penalize, "penalize", "", "`what` the L2 term takes in: all, or weights, without the bias (default the scene's)")
	c.RegisterFlagCompletionFunc("penalize", cobra.FixedCompletions(cpu.Penalties(), cobra.ShellCompDirectiveNoFileComp))
	a.jsonFlag(c)
	return c
}

func (a *app) fit(ctx context.Context, s *scenes.Scene) error {
	f, err := s.Problem.Fit(ctx)
	if err != nil {
		return err
	}
	if s.Data.Means != nil {
		f = f.InUnits(s.Data.Means, s.Data.Deviations)
	}
	r := newFitReport(s, f)
	if a.json {
		err = a.writeReport("fit", r)
	} else {
		err = a.printFit(r, f)
	}
	if err == nil && f.W == nil && (f.Separation.Kind == cpu.Undecided || f.Separation.Kind == cpu.NotSeparable) {
		err = errReported // neither a minimum nor the proof that there is none
	}
	return err
}

var nan = number(math.NaN())

func newFitReport(s *scenes.Scene, f *cpu.Fit) *fitReport {
	p := s.Problem
	r := &fitReport{Scene: s.Name, Samples: p.N(), Classes: s.Classes, L2: number(p.L2), Penalize: p.Penalize.String(), Weighted: p.SampleWeight != nil, Total: number(p.Total()), StandardizedFeatures: s.Data.Means != nil,
		Minimum: f.W != nil, Loss: nan, LogL: nan, Accuracy: nan, Gradient: nan, LambdaMax: nan, LambdaMin: nan, Condition: nan, OneOver: nan,
		StableBelow: fitStable{nan, nan, nan}, Rank: f.Rank, Redundant: []fitRedundant{}, Separable: f.Separation.Kind.String()}
	for i, y := range p.Y {
		r.Counts[1-int(y)] += number(p.Count(i))
	}
	for j, name := range s.WeightNames() {
		w := fitWeight{Name: name, Value: nan, Standardized: nan, StdError: nan, Z: nan, P: nan}
		if f.W != nil {
			w.Value, w.Standardized, w.StdError, w.Z, w.P = number(f.W[j]), number(f.Standardized[j]), number(f.StdErr[j]), number(f.Z[j]), number(f.P[j])
		} else if f.Separation.Sign != nil {
			w.Diverges = f.Separation.Sign[j]
		}
		r.Weights = append(r.Weights, w)
	}
	for _, c := range f.Redundant {
		of := []string{}
		for _, j := range c.Of {
			of = append(of, r.Weights[j].Name)
		}
		r.Redundant = append(r.Redundant, fitRedundant{r.Weights[c.Feature].Name, of})
	}
	if f.W != nil {
		c := f.Confusion
		r.Confusion = &confusion{TruePositive: number(c[1][1]), FalseNegative: number(c[1][0]), FalsePositive: number(c[0][1]), TrueNegative: number(c[0][0])}
		r.Loss, r.LogL, r.Accuracy, r.Gradient = number(f.Loss), number(f.LogLikelihood), number(f.Accuracy), number(f.Gradient)
		r.LambdaMax, r.LambdaMin, r.Condition, r.OneOver = number(f.LambdaMax), number(f.LambdaMin), number(f.Condition()), number(1/f.LambdaMax)
		r.StableBelow = fitStable{stableBelow("gd", f), stableBelow("momentum", f), stableBelow("nesterov", f)}
	}
	r.Certificate = newCertificate(p, f)
	return r
}

// stableBelow is the learning rate below which an optimizer, by its defaults, is stable.
func stableBelow(optimizer string, f *cpu.Fit) number {
	r := cpu.DefaultRun(optimizer)
	if lr, ok := r.StableBelow(f.LambdaMax); ok {
		return number(lr)
	}
	return nan
}

func newCertificate(p *cpu.Problem, f *cpu.Fit) fitCertificate {
	s := f.Separation
	c := fitCertificate{Exact: s.Exact, Margin: nan}
	switch s.Kind {
	case cpu.NotSeparable:
		c.Proof = "the loss without L2 term has a stationary point, where samples with weights above 0 balance: no direction has margins of at least 0 only"
		if s.Exact {
			c.Proof = "a sum of the samples with weights above 0 is 0: no direction has margins of at least 0 only"
		}
	case cpu.Complete:
		c.Proof = "along the direction all margins are above 0"
	case cpu.QuasiComplete:
		c.Proof = "along the direction the margins of the samples that are won are above 0 and those of the border are 0; samples of the border have a sum with weights above 0 that is 0, so that no direction wins them"
	default:
		c.Proof = "none: float64 cannot tell"
		return c
	}
	if s.Direction == nil {
		return c
	}
	c.Direction, c.Margin, c.Greatest, c.Won = numbers(s.Direction), number(s.Gamma), s.Greatest, s.Won
	won := make([]bool, p.N())
	for _, i := range s.Won {
		won[i] = true
	}
	for i, w := range won {
		if !w {
			c.Border = append(c.Border, i)
		}
	}
	return c
}

// digits writes a number with so many digits, and one that there is not as a dash.
func digits(x number, n int) string {
	if math.IsNaN(float64(x)) {
		return "–"
	}
	return fmt.Sprintf("%.*g", n, float64(x))
}

func (a *app) printFit(r *fitReport, f *cpu.Fit) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	p := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	samples := fmt.Sprintf("%d samples", r.Samples)
	if r.Weighted {
		samples += fmt.Sprintf(" with weights of %s in all", sizeOf(r.Total))
	}
	p("%s: %s, %s of %s, %s of %s; l2 %s%s\n", r.Scene, samples, sizeOf(r.Counts[0]), r.Classes[0], sizeOf(r.Counts[1]), r.Classes[1], digits(r.L2, 6), penalized(r))
	if r.Minimum {
		printMinimum(p, r)
	} else {
		printNoMinimum(p, r, f)
	}
	if r.StandardizedFeatures {
		p("\nThe features are standardized: %s.", map[bool]string{true: "values and errors are in the data's own units, all else is of the standardized ones", false: "all numbers are of the standardized ones"}[r.Minimum])
	}
	printRedundant(p, r)
	printSeparation(p, r, f.Separation)
	return w.Flush()
}

// sizeOf writes how many samples there are, a whole number unless they have other weights.
func sizeOf(x number) string {
	if v := float64(x); v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return fmt.Sprintf("%.0f", v)
	}
	return digits(x, 6)
}

// penalized says what the L2 term takes in, where there is one.
func penalized(r *fitReport) string {
	switch {
	case r.L2 == 0:
		return ""
	case r.Penalize == cpu.PenalizeAll.String():
		return " of all weights"
	}
	return " of all weights but the bias"
}

func printMinimum(p func(format string, args ...any), r *fitReport) {
	errors := r.L2 == 0
	if errors {
		p("weight\tvalue\tstandard error\tz\tp\tstandardized\t")
	} else {
		p("weight\tvalue\tstandardized\t")
	}
	for _, w := range r.Weights {
		if errors {
			p("%s\t%s\t%s\t%s\t%s\t%s\t", w.Name, digits(w.Value, 6), digits(w.StdError, 4), digits(w.Z, 4), digits(w.P, 3), digits(w.Standardized, 5))
		} else {
			p("%s\t%s\t%s\t", w.Name, digits(w.Value, 6), digits(w.Standardized, 5))
		}
	}
	if !errors {
		p("\nno standard errors: the L2 term pulls the weights towards 0, by an amount that they do not tell")
	}
	c := r.Confusion
	p("\nloss %s, log-likelihood %s, accuracy %s (%s of %s)", digits(r.Loss, 9), digits(r.LogL, 7), digits(r.Accuracy, 4), sizeOf(c.TruePositive+c.TrueNegative), sizeOf(r.Total))
	p("\npredicted\t%s\t%s\t", r.Classes[0], r.Classes[1])
	p("%s\t%s\t%s\t", r.Classes[0], sizeOf(c.TruePositive), sizeOf(c.FalseNegative))
	p("%s\t%s\t%s\t", r.Classes[1], sizeOf(c.FalsePositive), sizeOf(c.TrueNegative))
	condition := "λ_min is lost in rounding"
	if !math.IsNaN(float64(r.LambdaMin)) {
		condition = fmt.Sprintf("λ_min %s, condition %s", digits(r.LambdaMin, 6), digits(r.Condition, 4))
	}
	p("\nHessian: λ_max %s, %s", digits(r.LambdaMax, 8), condition)
	p("learning rates: 1/λ %s, 2/λ %s", digits(r.OneOver, 6), digits(2*r.OneOver, 6))
	p("stable below: gd %s, momentum 0.9 %s, nesterov 0.9 %s", digits(r.StableBelow.GD, 6), digits(r.StableBelow.Momentum, 6), digits(r.StableBelow.Nesterov, 6))
}

func printNoMinimum(p func(format string, args ...any), r *fitReport, f *cpu.Fit) {
	switch f.Separation.Kind {
	case cpu.NotSeparable:
		p("There is a minimum, but float64 does not reach it: features of sizes that are less apart help.")
	case cpu.Undecided:
		p("Undecided: float64 can neither find a minimum nor prove that there is none. An L2 term makes one: --l2 1e-6.")
	default:
		p("There is no minimum: the loss falls for ever.")
	}
}

// printRedundant says which features say nothing new.
func printRedundant(p func(format string, args ...any), r *fitReport) {
	if len(r.Redundant) == 0 {
		return
	}
	p("")
	for _, c := range r.Redundant {
		switch len(c.Of) {
		case 0:
			p("%s is constant", c.Feature)
		case 1:
			p("%s is a multiple of %s, plus a constant", c.Feature, c.Of[0])
		default:
			p("%s is made up of %s, and a constant", c.Feature, strings.Join(c.Of, ", "))
		}
	}
	switch {
	case r.L2 == 0 && r.Minimum:
		p("The Hessian is singular: %d of %d weights are determined. These are the shortest ones, without standard errors where another choice has the same loss; λ is that of what is determined.", r.Rank, len(r.Weights))
	case r.Minimum:
		p("The samples determine %d of %d weights, the L2 term the others.", r.Rank, len(r.Weights))
	}
}

// printSeparation says whether the classes are separable, and how.
func printSeparation(p func(format string, args ...any), r *fitReport, s *cpu.Separation) {
	onlyL2 := ""
	if r.L2 > 0 {
		onlyL2 = "; without the L2 term there is no minimum"
	}
	c := r.Certificate
	switch s.Kind {
	case cpu.NotSeparable:
		p("\nThe classes are not separable: %s.", c.Proof)
		return
	case cpu.Complete:
		if r.Counts[0] == 0 || r.Counts[1] == 0 {
			p("\nThere is one class only, which any weights with a large enough bias predict%s.", onlyL2)
		} else {
			p("\nThe classes are completely separable: all %d samples are told right, and won for ever%s.", r.Samples, onlyL2)
		}
	case cpu.QuasiComplete:
		p("\nThe classes are quasi-completely separable: %d samples are won for ever (rows %s), %d lie on the border%s.",
			len(c.Won), rows(c.Won), len(c.Border), onlyL2)
	default:
		return
	}
	bound := "at least "
	if c.Greatest {
		bound = ""
	}
	p("greatest margin of weights of length 1: %s%s", bound, digits(c.Margin, 8))
	p("\nweight\tdirection\tgoes to\t")
	for j, w := range r.Weights {
		to := "stays"
		switch s.Sign[j] {
		case 1:
			to = "+∞"
		case -1:
			to = "−∞"
		}
		p("%s\t%s\t%s\t", w.Name, digits(c.Direction[j], 6), to)
	}
	how := "in float64, with bounds of the rounding"
	if c.Exact {
		how = "in whole numbers, by the features' shortest decimals"
	}
	p("\nproof, %s: %s", how, c.Proof)
}

// rows lists the first of some numbers.
func rows(list []int) string {
	const most = 12
	var texts []string
	for _, i := range list[:min(len(list), most)] {
		texts = append(texts, fmt.Sprint(i))
	}
	text := strings.Join(texts, ", ")
	if len(list) > most {
		text += ", ..."
	}
	return text
}
