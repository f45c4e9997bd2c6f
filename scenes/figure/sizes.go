package figure

// Sizes in points.
const (
	TickSize     = 11.0 // letters of tick labels and legends
	LabelSize    = 12.0 // of axis labels and the loss
	TitleSize    = 13.5 // of panels
	HeadingSize  = 15.0 // of the scene's title
	MarginSize   = 9.0  // around the picture
	TickLength   = 3.5
	MinorLength  = 2.0 // of ticks without a label
	TickGap      = 3.5
	LabelGap     = 5.0
	TitleGap     = 7.0
	AxisWidth    = 0.8
	GridWidth    = 0.8
	CurveWidth   = 2.0
	IsoWidth     = 0.55
	PathCasing   = 1.0      // light border on either side of a path
	BeadSize     = 11.0 / 6 // diameter of an iterate's mark, in widths of its path
	DotSize      = 8.5      // diameter of the current point
	SampleSize   = 4.0      // diameter of a sample
	SmallestText = 8.5      // pixels; below it little can be read
)

// Sizes of a colour bar in points.
const (
	BarWidth  = 11.0
	BarGap    = 9.0
	barLabels = 4.5 // letters of its labels
)

// IsoLines is about how many lines of equal loss there are.
const IsoLines = 10
