package figure

import (
	"losscape/scenes/display"

	"math"
	"slices"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/letters"
	"losscape/scenes/palette"
)

// Panel is a panel's place in the frame.
type Panel struct {
	Kind string
	Cell display.Rectangle // all of it
	Plot display.Rectangle // between its axes; of the surface, where its box may be
	Base float64           // baseline of its title
}

// shape is how a kind of panel is laid out.
type shape struct {
	large bool // takes the large cell where there is one
	bare  bool // no axes surround the plot

	// trim makes room for what is beside the plot of a panel.
	trim func(plot display.Rectangle, s *scenes.Scene, p scenes.Panel, l *Layout) display.Rectangle
}

// shapes are those of panels that are more than a plot between axes.
var shapes = map[string]shape{
	scenes.SurfacePanel: {large: true, bare: true},
	scenes.ContourPanel: {trim: barPlot},
	scenes.MapPanel:     {trim: mapPlot},
	scenes.OrbitPanel:   {trim: orbitPlot},
}

// Layout is where everything goes in a frame.
type Layout struct {
	W, H    float64 // in units of the medium
	Medium  Medium
	Pt      float64 // units in a point
	Heading float64 // baseline of the scene's title; 0 without one
	Theme   *palette.Theme
	Labels  *scenes.Labels
	Path    float64 // width of paths in points
	Panels  []Panel
}

// PathWidth and BeadWidth return the widths of paths and of the marks on them.
func (l *Layout) PathWidth() float64 { return l.AtLeast(l.Path, 1.2) }
func (l *Layout) BeadWidth() float64 { return max(BeadSize*l.Path*l.Pt, l.PathWidth()) }

// NewLayout lays the panels of a scene out in w by h units of a medium.
func NewLayout(s *scenes.Scene, w, h float64, m Medium) Layout {
	l := Layout{W: w, H: h, Medium: m, Theme: palette.ThemeOf(s.Film.Theme), Labels: &s.Labels, Path: s.Path.Width}
	cells := arrange(&s.Film, 0, 0, w, h)
	l.Pt = h / 432
	least := m.Text / TickSize
	for _, c := range cells {
		l.Pt = min(l.Pt, c.W()/330, c.H()/250)
		least = min(least, c.W()/220, c.H()/170) // a thumbnail need not be read
	}
	l.Pt = max(l.Pt, least)
	top := 0.0
	if s.Title != "" && h > 270*l.Pt {
		l.Heading = l.Round((MarginSize + HeadingSize) * l.Pt)
		top = l.Heading + 4*l.Pt
	}
	cells = arrange(&s.Film, 0, top, w, h)
	for i, c := range cells {
		p := l.place(s.Film.Panels[i].Kind, c)
		if trim := shapes[p.Kind].trim; trim != nil {
			p.Plot = trim(p.Plot, s, s.Film.Panels[i], &l)
		}
		l.Panels = append(l.Panels, p)
	}
	return l
}

// arrange divides an area into cells for panels, as the film's layout says.
// Without one they are a row if it is wide and a column if it is tall; in
// between, three are a large cell and two small ones, four are two rows. More are tiled.
func arrange(film *scenes.Film, x0, y0, x1, y1 float64) []display.Rectangle {
	kinds := film.Kinds()
	n := len(kinds)
	cells := make([]display.Rectangle, n)
	if film.Layout != nil {
		for i, p := range film.Panels {
			cells[i] = span(film.Layout, p.Name, display.Rect(x0, y0, x1, y1))
		}
		return cells
	}
	aspect := (x1 - x0) / (y1 - y0)
	switch {
	case n == 3 && aspect > 0.75 && aspect < 2.1:
		large := slices.IndexFunc(kinds, func(k string) bool { return shapes[k].large })
		if large < 0 {
			large = 2
		}
		return largeAndSmall(display.Rect(x0, y0, x1, y1), large, aspect > 1.15)
	case n == 4 && aspect > 0.6 && aspect < 2.6:
		mx, my := (x0+x1)/2, (y0+y1)/2
		return []display.Rectangle{display.Rect(x0, y0, mx, my), display.Rect(mx, y0, x1, my), display.Rect(x0, my, mx, y1), display.Rect(mx, my, x1, y1)}
	case n > 4:
		return tiled(n, display.Rect(x0, y0, x1, y1))
	case aspect >= 0.75*math.Sqrt(float64(n)) || n == 1:
		d := (x1 - x0) / float64(n)
		for i := range cells {
			cells[i] = display.Rect(x0+float64(i)*d, y0, x0+float64(i+1)*d, y1)
		}
	default:
		d := (y1 - y0) / float64(n)
		for i := range cells {
			cells[i] = display.Rect(x0, y0+float64(i)*d, x1, y0+float64(i+1)*d)
		}
	}
	return cells
}

// tiled divides an area into n cells in rows, as near as can be to the shape of a plot
// with its labels. The cells of a last row that is not full are wider.
func tiled(n int, area display.Rectangle) (cells []display.Rectangle) {
	const shape = 1.3
	rows, best := 1, math.Inf(1)
	for r := 1; r <= n; r++ {
		columns := (n + r - 1) / r
		off := math.Abs(math.Log(area.W() / float64(columns) / (area.H() / float64(r)) / shape))
		if (r-1)*columns < n && off < best {
			rows, best = r, off
		}
	}
	columns := (n + rows - 1) / rows
	h := area.H() / float64(rows)
	for i := range n {
		row, of := i/columns, min(columns, n-i/columns*columns)
		w := area.W() / float64(of)
		x, y := area.X0+float64(i%columns)*w, area.Y0+float64(row)*h
		cells = append(cells, display.Rect(x, y, x+w, y+h))
	}
	return cells
}

// largeAndSmall divides an area into three cells: the one of index large, and two small
// ones beside it, or below it.
func largeAndSmall(area display.Rectangle, large int, beside bool) []display.Rectangle {
	whole, first := area, area
	var second display.Rectangle
	if beside {
		whole.X1 = area.X0 + 0.58*area.W()
		first.X0 = whole.X1
		second = first
		first.Y1, second.Y0 = area.CY(), area.CY()
	} else {
		whole.Y1 = area.Y0 + 0.56*area.H()
		first.Y0 = whole.Y1
		second = first
		first.X1, second.X0 = area.CX(), area.CX()
	}
	return slices.Insert([]display.Rectangle{first, second}, large, whole)
}

// span returns what the cells of a name cover of an area that rows of equal
// cells divide.
func span(rows [][]string, name string, area display.Rectangle) display.Rectangle {
	out := display.Nowhere
	h := area.H() / float64(len(rows))
	for j, row := range rows {
		w := area.W() / float64(len(row))
		for i, k := range row {
			if k == name {
				x, y := area.X0+float64(i)*w, area.Y0+float64(j)*h
				out = out.Union(display.Rect(x, y, x+w, y+h))
			}
		}
	}
	return out
}

// place puts a panel into its cell. The margins hold tick labels of five digits: where
// they are longer, axes.lay makes the plot smaller.
func (l *Layout) place(kind string, cell display.Rectangle) Panel {
	p := Panel{Kind: kind, Cell: cell}
	m := MarginSize * l.Pt
	p.Base = l.Round(cell.Y0 + m + TitleSize*l.Pt*letters.CapHeight)
	plot := display.Rect(cell.X0+m, p.Base+TitleGap*l.Pt, cell.X1-m, cell.Y1-m)
	if !shapes[kind].bare {
		below := (TickLength + TickGap + TickSize + LabelGap + LabelSize*0.95) * l.Pt
		left := (TickLength + TickGap + 5*0.6*TickSize + LabelGap + LabelSize) * l.Pt
		plot.X0 += left
		plot.X1 -= 9 * l.Pt // half a tick label
		plot.Y1 -= below
	}
	p.Plot = l.Whole(plot)
	p.Plot.X1 = max(p.Plot.X1, p.Plot.X0+leastPlot)
	p.Plot.Y1 = max(p.Plot.Y1, p.Plot.Y0+leastPlot)
	return p
}

// leastPlot is how wide and high a plot is at least, in units.
const leastPlot = 8

// barPlot returns the plot of contours: with room for their colour bar.
func barPlot(plot display.Rectangle, s *scenes.Scene, _ scenes.Panel, l *Layout) display.Rectangle {
	if s.Contour.Colorbar {
		return besideBar(plot, s.Labels.Axis.Loss, l)
	}
	return plot
}

// besideBar returns a plot with room for a colour bar of a name.
func besideBar(plot display.Rectangle, name string, l *Layout) display.Rectangle {
	room := BarGap + BarWidth + TickLength + TickGap + barLabels*0.6*TickSize + barNameRoom(name)
	plot.X1 = max(plot.X0+leastPlot, l.Round(plot.X1+(9-room)*l.Pt))
	return plot
}

// Letters of the texts beside a map: of its colour bar and what has no place in it,
// and of the names of statuses.
const (
	mapLetters    = 8
	statusLetters = 10
)

// mapPlot returns the plot of a map: with room for its key.
func mapPlot(plot display.Rectangle, s *scenes.Scene, p scenes.Panel, l *Layout) display.Rectangle {
	letters, name := float64(mapLetters), barNameRoom(mapBarName(s, p))
	if q, err := cpu.LookupQuantity(s.Map.Of); err == nil && q.Spread == cpu.Apart {
		letters, name = statusLetters, 0
	}
	plot.X1 = max(plot.X0+leastPlot, l.Round(plot.X1+(9-BarGap-BarWidth-TickLength-TickGap-letters*0.6*TickSize-name)*l.Pt))
	return plot
}

// orbitPlot returns the plot of an orbit diagram: with room for its colour bar.
func orbitPlot(plot display.Rectangle, s *scenes.Scene, _ scenes.Panel, l *Layout) display.Rectangle {
	return besideBar(plot, orbitBarName(s), l)
}
