package scenes

import (
	"fmt"
	"math"
	"strings"

	"losscape/cpu"
	"losscape/scenes/dataset"
)

// keyInfo is what there is to know of a key of a scene file besides its type.
type keyInfo struct {
	about    string // one or two sentences
	standard any    // the default, nil where it depends on other keys: about says how
	values   []string
	pattern  string // of its texts
	limits   *limits
	length   [2]int   // least and greatest number of elements of an array; 0, 0 for any
	required []string // keys of a table
	with     []string // keys that have to be there besides
}

// limits are those of a number.
type limits struct {
	least, most float64 // infinite where there is none
	above       bool    // least itself is not allowed
}

func from(least, most float64) *limits  { return &limits{least, most, false} }
func above(least, most float64) *limits { return &limits{least, most, true} }
func atLeast(least float64) *limits     { return from(least, math.Inf(1)) }

// pair is the length of an array of two elements.
var pair = [2]int{2, 2}

// reference has the keys of a scene file by their paths, elements of arrays as in
// run[].lr. Those of [[run]] and [labels] follow from their own tables: see info.
var reference = map[string]keyInfo{
	"title": {about: "Title above the pictures, by default the name of the scene."},

	"data":                        {about: "Where the samples come from: either generate with classes, or file."},
	"data.generate":               {about: "Draws samples in place of reading a file. Needs classes.", values: generators, with: []string{"classes"}},
	"data.seed":                   {about: "Seed of NumPy's legacy generator, which draws the samples.", standard: 0, limits: from(0, math.MaxUint32)},
	"data.classes":                {about: "Classes, drawn in this order. Of a file they only name the classes in pictures."},
	"data.classes[]":              {about: "A class.", required: []string{"label"}},
	"data.file":                   {about: "Path of the samples: .csv, .tsv, .txt, .npy (all of these also .gz), .npz or .parquet, relative to the folder of the scene. Sets in the program: builtin:iris.csv, builtin:breast_cancer.csv, builtin:penguins.csv, builtin:mtcars.csv."},
	"data.label":                  {about: "Column of the class, by its name or its index from 0; of a plain .npy array by default the last one."},
	"data.positive":               {about: "The class with label 1: its text, a number or a boolean. Without it the column holds 0 and 1, or false and true."},
	"data.negative":               {about: "The class with label 0; rows of other classes are left out. By default all that are not positive.", with: []string{"positive"}},
	"data.features":               {about: "Columns that are features, by name or by index from 0. By default all but the label, the weights and those of exclude."},
	"data.exclude":                {about: "Columns that are no features, by name or by index from 0."},
	"data.weights":                {about: "Column of how often a row counts, by its name or its index from 0, which is no feature: counts or other weights of at least 0. Rows of weight 0 are left out. By default each row counts once."},
	"data.categorical":            {about: "Columns of texts: each becomes a feature of 0 and 1 for each of its levels but the first."},
	"data.missing":                {about: "What becomes of rows with missing values: an error, or they are dropped, or the mean of the column takes their place.", standard: dataset.MissingError, values: dataset.Missings},
	"data.standardize":            {about: "Gives features a mean of 0 and a population standard deviation of 1.", standard: false},
	"data.sample":                 {about: "Number of rows to draw from the file without putting any back; by default all.", limits: from(2, dataset.MaxValues)},
	"data.sample_seed":            {about: "Seed of the sample, of NumPy's legacy generator.", standard: 0, limits: from(0, math.MaxUint32), with: []string{"sample"}},
	"data.classes[].name":         {about: "Name in pictures; by default Category 1 and Category 2, or what the file calls the class."},
	"data.classes[].label":        {about: "Label of the class.", limits: from(0, 1)},
	"data.classes[].parts":        {about: "Normal distributions to draw from, one after another. Only with generate."},
	"data.classes[].parts[]":      {about: "A normal distribution.", required: []string{"mean", "std", "n"}},
	"data.classes[].parts[].mean": {about: "Mean: a number, or an array of one for each feature."},
	"data.classes[].parts[].std":  {about: "Standard deviation: a number, or an array of one for each feature.", limits: atLeast(0)},
	"data.classes[].parts[].n":    {about: "Number of samples.", limits: from(1, dataset.MaxValues)},

	"loss":           {about: "The loss: binary cross-entropy."},
	"loss.eps":       {about: "Added to a probability before its logarithm; 0 is exact.", standard: 0.0, limits: atLeast(0)},
	"loss.l2":        {about: "Weight of the L2 term, (l2/2) |w|².", standard: 0.0, limits: atLeast(0)},
	"loss.penalize":  {about: "What the L2 term takes in: all weights, or weights without the bias, as scikit-learn and glmnet do.", standard: cpu.PenalizeAll.String(), values: cpu.Penalties()},
	"loss.precision": {about: "What a device computes in: auto is float32, and float64 where float32 cannot tell; single is float32; double is float64.", standard: Precisions[0], values: Precisions},

	"landscape":         {about: "The plane of weights, origin + x d1 + y d2, and which part of it is computed and shown."},
	"landscape.plane":   {about: "The plane by name: axes (two weights), pca (principal components of a run), hessian (where the loss curves most at the origin), random, or points (through three). By default d1 and d2 say it.", values: planes},
	"landscape.axes":    {about: "Of plane = \"axes\": two weights by the names of their features, bias, or w1, w2, ...", length: pair},
	"landscape.seed":    {about: "Of plane = \"random\": seed of NumPy's legacy generator.", standard: 0, limits: from(0, math.MaxUint32)},
	"landscape.points":  {about: "Of plane = \"points\": three points, each an array of weights, or \"minimum\", \"zero\", \"start 0\" or \"end 0\" with the number of a run.", length: [2]int{3, 3}, pattern: `^(minimum|zero|(start|end) [0-9]+)$`},
	"landscape.run":     {about: "Number of the [[run]], from 0, of pca, and of the origins start and end.", standard: 0, limits: atLeast(0)},
	"landscape.origin":  {about: "Where both coordinates are 0: an array of weights with the bias last, or \"minimum\", \"zero\", \"start\", \"end\" or \"end 1\". By default zero; of hessian the minimum, of pca and random the end.", pattern: `^(minimum|zero|(start|end)( [0-9]+)?)$`},
	"landscape.d1":      {about: "Direction of x, one number for each weight, the bias last; by default the first weight.", with: []string{"d2"}},
	"landscape.d2":      {about: "Direction of y; by default the second weight, with one feature the bias.", with: []string{"d1"}},
	"landscape.range":   {about: "Has the range hold all paths that are shown, and the minimum with its bowl. The default where plane or origin are named.", values: []string{autoRange}},
	"landscape.x":       {about: "The range along d1."},
	"landscape.x.range": {about: "Least and greatest x.", standard: []float64{-10, 10}, length: pair},
	"landscape.y":       {about: "The range along d2."},
	"landscape.y.range": {about: "Least and greatest y.", standard: []float64{-10, 10}, length: pair},
	"landscape.size":    {about: "Number of points along x and along y.", standard: []int{256, 256}, limits: from(2, MaxGrid), length: pair},
	"landscape.fixed":   {about: "Pictures show this range and no more. Without it they show more where runs leave it.", standard: false},
	"landscape.minimum": {about: "Draws a star at the minimum, if there is one; by default where plane or origin are named."},

	"run":   {about: "Training runs, any number of them; by default one."},
	"run[]": {about: "A training run."},

	"film":                      {about: "The film and its panels."},
	"film.size":                 {about: "Width and height in pixels.", standard: []int{1800, 600}, limits: from(1, MaxFilm), length: pair},
	"film.fps":                  {about: "Frames a second.", standard: 10.0, limits: above(0, MaxFPS)},
	"film.frames":               {about: "Number of frames; by default as many as the longest run fills, at most 600.", limits: atLeast(0)},
	"film.iterations_per_frame": {about: "Iterations from one frame to the next.", standard: 1, limits: from(1, MaxClock)},
	"film.frames_per_iteration": {about: "Frames from one iteration to the next, in which the runs move smoothly.", standard: 1, limits: from(1, MaxClock)},
	"film.count":                {about: "What the counter counts: updates, frame 0 being the start; or as the notebook, whose frame 0 is the first update.", standard: CountUpdates, values: counts},
	"film.ease_in":              {about: "Frames in which the clock comes up to its speed.", standard: 0, limits: from(0, MaxClock)},
	"film.hold":                 {about: "Frames at the end in which the clock stands.", standard: 0, limits: from(0, MaxClock)},
	"film.panels":               {about: "Panels by name, or as tables with panel, name, title and runs. By default surface and contour, and curve of one feature."},
	"film.panels[]":             {about: "A panel.", values: panelNames(), required: []string{"panel"}},
	"film.panels[].panel":       {about: "Kind of the panel.", values: panelNames()},
	"film.panels[].name":        {about: "Name of the panel, for layout and --panel; by default its kind."},
	"film.panels[].title":       {about: "Title above the panel; by default that of its kind."},
	"film.panels[].runs":        {about: "Numbers of the runs that it shows, from 0; by default all.", limits: atLeast(0)},
	"film.layout":               {about: "Rows of cells from the top down, each the name of a panel. A name that comes more than once covers a rectangle. Without panels it says which there are.", length: [2]int{1, MaxCells}},
	"film.theme":                {about: "Colours of pictures.", standard: themes[0], values: themes},
	"film.loss_scale":           {about: "Scale of the loss panel.", standard: lossScales[0], values: lossScales},
	"film.stability":            {about: "The loss panel shows lr λ along runs of gd, momentum and nesterov, beside the limit above which steps grow.", standard: false},

	"path":         {about: "How runs are drawn on the surface and on the contours."},
	"path.width":   {about: "Width of a path in points.", standard: 1.8, limits: above(0, MaxWidth)},
	"path.trail":   {about: "Updates that are seen, fading; 0 is all.", standard: 0, limits: atLeast(0)},
	"path.markers": {about: "Updates from mark to mark; 0 draws none.", standard: 1, limits: atLeast(0)},
	"path.colors":  {about: "Colours of the runs in turn, such as \"#d62728\"; by default those of the theme.", pattern: `^#[0-9a-fA-F]{6}$`},

	"surface":           {about: "The surface panel."},
	"surface.scale":     {about: "Scale of heights and colours.", standard: scales[0], values: scales},
	"surface.colormap":  {about: "Colour map.", standard: "viridis", values: Colormaps},
	"surface.contours":  {about: "Lines of equal loss on the surface.", standard: true},
	"surface.grid":      {about: "Lines on the surface at the ticks of both axes.", standard: false},
	"surface.wireframe": {about: "Lines that part each side into so many; 0 for none.", standard: 0, limits: from(0, MaxMesh)},
	"surface.floor":     {about: "Colours and lines on the floor of the box, too.", standard: false},

	"contour":          {about: "The contour panel."},
	"contour.scale":    {about: "Scale of colours, bands and lines.", standard: scales[0], values: scales},
	"contour.colormap": {about: "Colour map.", standard: "RdBu_r", values: Colormaps},
	"contour.bands":    {about: "About how many bands of one colour; 0 lets the colours flow.", standard: 50, limits: from(0, MaxBands)},
	"contour.levels":   {about: "Losses of the lines, ascending; by default evenly spaced on the scale.", length: [2]int{1, MaxLevels}},
	"contour.labels":   {about: "Writes the losses of the lines on them.", standard: false},
	"contour.aspect":   {about: "fill: the plot fills its room; equal: a unit is as long along both axes.", standard: aspects[0], values: aspects},
	"contour.colorbar": {about: "A bar that says which loss has which colour.", standard: false},

	"curve":          {about: "The curve panel."},
	"curve.negative": {about: "Where the samples of label 0 lie: 0, or -1 as in the notebook.", standard: 0.0, limits: from(-1, 0)},

	"camera":             {about: "The camera of the surface panel, in matplotlib's terms."},
	"camera.elev":        {about: "Degrees above the floor.", standard: 30.0, limits: from(-90, 90)},
	"camera.azim":        {about: "Degrees around the box.", standard: -60.0, limits: from(-MaxAzim, MaxAzim)},
	"camera.path":        {about: "How it moves: still; orbit, once around; dolly, to zoom; keys, by [[camera.key]].", standard: cameraPaths[0], values: cameraPaths},
	"camera.projection":  {about: "How depth is drawn.", standard: projections[0], values: projections},
	"camera.zoom":        {about: "How much nearer than usual; of a dolly at its end, where the default is 2.", standard: 1.0, limits: from(MinZoom, MaxZoom)},
	"camera.pan":         {about: "Moves what is seen right and up, in shares of the height of the panel.", standard: []float64{0, 0}, limits: from(-MaxPan, MaxPan), length: pair},
	"camera.key":         {about: "Of path = \"keys\": two or more, joined smoothly."},
	"camera.key[]":       {about: "Where the camera is in a frame.", required: []string{"frame"}},
	"camera.key[].frame": {about: "Frame of the film, from 0, above that of the key before.", limits: from(0, MaxSteps)},
	"camera.key[].elev":  {about: "Degrees above the floor; by default as the key before.", limits: from(-90, 90)},
	"camera.key[].azim":  {about: "Degrees around the box; by default as the key before.", limits: from(-MaxAzim, MaxAzim)},
	"camera.key[].zoom":  {about: "How much nearer than usual; by default as the key before.", limits: from(MinZoom, MaxZoom)},

	"ensemble":          {about: "Runs of a sweep that flow over surface and contours.", required: []string{"over"}},
	"ensemble.over":     {about: "What the runs differ in, as of losscape sweep: \"w1=-10:10:316\", \"lr=0.1:1:100:log\". At most 1048576 runs."},
	"ensemble.run":      {about: "Number of the [[run]] that they are like in all else.", standard: 0, limits: atLeast(0)},
	"ensemble.as":       {about: "Points, or their density.", standard: ensembleKinds[0], values: ensembleKinds},
	"ensemble.size":     {about: "Diameter of a run in points; by default 1.5, of a density 4.", limits: above(0, MaxWidth)},
	"ensemble.opacity":  {about: "Opacity of a point, or of the greatest density; by default 0.7, of a density 1.", limits: above(0, 1)},
	"ensemble.color":    {about: "What colours tell: loss, status, density, the name of an axis of over, or one colour such as \"#ff7f0e\". By default loss, of a density density."},
	"ensemble.colormap": {about: "Colour map.", standard: "plasma", values: Colormaps},

	"map":              {about: "A sweep over two parameters, for the panel map.", required: []string{"over"}},
	"map.over":         {about: "The parameters to the right and upwards, such as \"lr=0.1:40:256:log\" and \"l2=1e-4:1:256:log\".", length: pair},
	"map.run":          {about: "Number of the [[run]] that its runs are like in all else.", standard: 0, limits: atLeast(0)},
	"map.steps":        {about: "Steps of its runs; by default those of that run.", limits: from(0, MaxSteps)},
	"map.of":           {about: "What colours tell.", standard: "loss", values: cpu.QuantityNames()},
	"map.scale":        {about: "Scale of colours; of status and period none.", standard: mapScales[0], values: mapScales},
	"map.colormap":     {about: "Colour map; auto is viridis, and of exponent markus.", standard: AutoColormap, values: MapColormaps},
	"map.stability":    {about: "Draws the line up to which runs are stable at their minimum, where lr is an axis.", standard: true},
	"map.grad_tol":     {about: "Norm of the gradient at which a run has converged; by default 1e-6, below 0 none does."},
	"map.key":          {about: "Of a film that zooms into the map: two or more, joined smoothly."},
	"map.key[]":        {about: "What is shown in a frame.", required: []string{"frame"}},
	"map.key[].frame":  {about: "Frame of the film, from 0, above that of the key before.", limits: from(0, MaxSteps)},
	"map.key[].centre": {about: "Centre of the panel, in the parameters of over; by default that of the key before.", length: pair},
	"map.key[].width":  {about: "Width of the panel along the first axis, of a logarithmic one the logarithm of the ratio of its ends; by default that of the key before.", limits: above(0, math.Inf(1))},

	"orbit":           {about: "A sweep over one parameter, for the panel orbit: where runs stay.", required: []string{"over"}},
	"orbit.over":      {about: "The parameter to the right, such as \"lr=15:34:1200\"."},
	"orbit.run":       {about: "Number of the [[run]] that its runs are like in all else.", standard: 0, limits: atLeast(0)},
	"orbit.steps":     {about: "Steps of its runs; by default those of that run.", limits: from(0, MaxSteps)},
	"orbit.last":      {about: "Last states of each run that are shown.", standard: 200, limits: from(1, MaxOrbit)},
	"orbit.of":        {about: "What is shown upwards: a weight by its name, or loss.", standard: "w1"},
	"orbit.colormap":  {about: "Colour map of how many states are where.", standard: "magma", values: Colormaps},
	"orbit.stability": {about: "As of [map].", standard: true},

	"labels":           {about: "The words in pictures. A word in braces differs from picture to picture and has to stay; a label of one space writes nothing."},
	"labels.title":     {about: "Titles of panels by their kind."},
	"labels.axis":      {about: "Words beside axes."},
	"labels.legend":    {about: "Words of legends and read-outs."},
	"labels.status":    {about: "How runs end, by the names that tables have."},
	"labels.quantity":  {about: "Titles of what a map shows."},
	"labels.parameter": {about: "Titles of what is swept over."},
	"labels.sweep":     {about: "Words of the pictures of losscape sweep."},
	"labels.decimal":   {about: "The mark between the whole part of a number and its fraction.", standard: decimalMarks[0], values: decimalMarks},
}

// info returns what there is to know of a key; ok is false of one that nobody has described.
func info(path string) (k keyInfo, ok bool) {
	if k, ok = reference[path]; ok {
		return k, true
	}
	if key, found := strings.CutPrefix(path, "run[]."); found {
		return runInfo(key)
	}
	for i := range labels {
		if l := &labels[i]; l.path() == path {
			return l.info(), true
		}
	}
	return keyInfo{}, false
}

// runInfo describes a key of [[run]].
func runInfo(key string) (k keyInfo, ok bool) {
	switch key {
	case "name":
		return keyInfo{about: "Name for legends and tables."}, true
	case "optimizer":
		return keyInfo{about: "Optimizer.", standard: cpu.Optimizers()[0], values: cpu.Optimizers()}, true
	case "start":
		return keyInfo{about: "Weights to start from, the bias last; by default -1 for each."}, true
	}
	h, ok := cpu.LookupHyperParameter(key)
	if !ok {
		return k, false
	}
	k.about = strings.ToUpper(h.About[:1]) + h.About[1:] + "."
	k.limits = &limits{h.Range.Min, h.Range.Max, h.Range.WithoutMin}
	switch key {
	case "lr":
		k.standard = defaultLR
	case "l2":
		k.about += " By default loss.l2; of adamw the decoupled weight decay."
	case "steps":
		k.standard, k.limits.most = defaultSteps, MaxSteps
	case "batch":
		k.about, k.limits.least = "Samples drawn for a step; by default all of them, each once.", 1
	case "seed":
		k.about, k.standard = "Seed of the batches; runs with the same see the same.", 0
	default:
		k.about += " " + ownDefaults(h)
	}
	return k, true
}

// ownDefaults says which optimizers have a parameter, and its default of each.
func ownDefaults(h cpu.HyperParameter) string {
	var texts []string
	of := map[string][]string{}
	for _, name := range cpu.Optimizers() {
		if o, err := cpu.LookupOptimizer(name); err == nil && o.Has(h.Name) {
			r := cpu.DefaultRun(name)
			value := fmt.Sprint(h.Get(&r))
			if of[value] == nil {
				texts = append(texts, value)
			}
			of[value] = append(of[value], name)
		}
	}
	for i, value := range texts {
		texts[i] = fmt.Sprintf("%s of %s", value, strings.Join(of[value], ", "))
	}
	return "By default " + strings.Join(texts, "; ") + "."
}

// info describes a key of [labels].
func (k *label) info() keyInfo {
	of := map[string]string{
		"": "In read-outs", "title": "Title of the panel " + k.key, "axis": "Beside an axis", "legend": "In legends",
		"status": "Runs that are " + k.key, "quantity": "Title of " + k.key, "parameter": "Title of " + k.key, "sweep": "In pictures of sweeps",
	}[k.table]
	if k.text == "" {
		return keyInfo{about: of + "; the default depends on what is shown."}
	}
	return keyInfo{about: of + ".", standard: k.text}
}
