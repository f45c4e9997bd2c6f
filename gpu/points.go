package gpu

// Points is where the weights of many runs lie on the device, at one update.
type Points struct {
	Buffer *Buffer
	Offset int // bytes to weight 0 of run 0, a multiple of 256
	N, Dim int // runs and weights of a run
	Stride int // weight j of run i is float32 number j*Stride + i
	Status int // number, counted alike, of run 0's int32: −1 under way, else a cpu.Status; 0 if there is none
}
