package scenes

import (
	"fmt"
	"slices"
	"strings"
)

// Error is a fault in a scene, in one line that says what would be right.
type Error struct {
	File         string // scene file; empty if the scene does not come from one
	Line, Column int    // from 1, columns in bytes; 0 if the fault has no place
	Key          string // key as in "run[0].lr"; may be empty
	Msg          string
	Err          error // cause, if there is one
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File + ":")
		if e.Line > 0 {
			fmt.Fprintf(&b, "%d:%d:", e.Line, e.Column)
		}
		b.WriteByte(' ')
	}
	if e.Key != "" {
		b.WriteString(e.Key + ": ")
	}
	b.WriteString(e.Msg)
	return b.String()
}

// Unwrap returns the cause, nil if there is none.
func (e *Error) Unwrap() error { return e.Err }

// synonyms are names that other tools use for a scene's keys and values. Where
// a name means several, the one that is known in its place is meant.
var synonyms = map[string]string{
	"learning_rate": "lr", "learningrate": "lr", "eta": "lr", "step_size": "lr",
	"epochs": "steps", "iterations": "steps", "iters": "steps",
	"lambda": "l2", "lambda_reg": "l2", "weight_decay": "l2", "ridge": "l2",
	"clamp": "eps", "dtype": "precision", "float32": "single", "float64": "double", "epsilon": "epsilon eps", "eps": "epsilon eps",
	"mu": "momentum", "alpha": "beta2 opacity", "rho": "beta2", "beta_1": "beta1", "beta_2": "beta2", "betas": "beta1",
	"batch_size": "batch", "batchsize": "batch", "minibatch": "batch",
	"w0": "start", "init": "start",
	"runs": "run", "samples": "n", "count": "n", "loc": "mean", "scale": "std scale", "sd": "std", "sigma": "std",
	"width": "size width", "height": "size", "grid": "size", "resolution": "size",
	"rate": "fps", "path": "file", "target": "label", "columns": "features",
	"elevation": "elev", "azimuth": "azim",
	"sgd": "gd", "gradient_descent": "gd",
	"heavy_ball": "momentum", "heavyball": "momentum", "polyak": "momentum", "nag": "nesterov",
	"normal": "gaussian", "gauss": "gaussian",
	"3d": "surface", "probability": "curve", "contours": "contour",
	"static": "still", "rotate": "orbit", "keyframes": "keys", "keyframe": "key", "keys": "key", "persp": "perspective", "ortho": "orthographic",
	"history": "loss", "losses": "loss", "color_bar": "colorbar", "colourbar": "colorbar", "wire": "wireframe", "base": "floor", "isolines": "contours", "linewidth": "width", "line_width": "width", "tail": "trail", "marker": "markers", "markevery": "markers", "color": "colors", "colour": "color", "colours": "colors color", "cmap": "colormap", "palette": "colormap",
	"swarm": "ensemble", "particles": "ensemble", "symlog": "asinh", "arcsinh": "asinh",
	"alpha_blend": "opacity", "transparency": "opacity", "dots": "points", "heatmap": "map density", "histogram": "density",
	"words": "labels", "texts": "labels", "decimal_mark": "decimal", "decimal_separator": "decimal", "counter": "iter count", "kind": "panel",
	"white": "light", "black": "dark", "logarithmic": "log", "lin": "linear",
	"coolwarm": "RdBu_r", "rdbu": "RdBu_r", "jet": "turbo",
}

// oneOf says what would be right instead of got.
func oneOf(got string, known []string) string {
	if n := nearest(got, known); n != "" {
		return fmt.Sprintf(", did you mean %q? known: %s", n, strings.Join(known, ", "))
	}
	if len(known) == 1 {
		return fmt.Sprintf(", want %q", known[0])
	}
	return ", want one of: " + strings.Join(known, ", ")
}

// nearest returns the known name that got most likely means, or "".
func nearest(got string, known []string) string {
	got = strings.ToLower(strings.ReplaceAll(got, "-", "_"))
	best, least := "", 1+max(1, len(got)/3)
	for _, k := range known {
		if slices.Contains(strings.Fields(synonyms[got]), k) {
			return k
		}
		if d := distance(got, strings.ReplaceAll(k, "-", "_")); d < least && d < len(k) {
			best, least = k, d
		}
	}
	return best
}

// distance returns the Levenshtein distance between two short names.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
