package gpu

// Points is where the weights of many runs lie on the device, at one update.
type Points struct {
	Weights  *Buffer // float32: weight j of run i is number j*Stride + i from Offset on
	Statuses *Buffer // int32: that of run i is number Status + i; −1 under way, else a cpu.Status
	Offset   int     // bytes in both buffers before what is counted, a multiple of 256
	N, Dim   int     // runs and weights of a run
	Stride   int
	Status   int
}
