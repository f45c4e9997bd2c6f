package npfmt

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// Shape returns a shape as NumPy writes it, such as "(4, 3)" and "(4,)".
func Shape(shape ...int) string {
	dims := make([]string, len(shape))
	for i, n := range shape {
		dims[i] = strconv.Itoa(n)
	}
	if len(dims) == 1 {
		return "(" + dims[0] + ",)"
	}
	return "(" + strings.Join(dims, ", ") + ")"
}

// Header returns what stands before the data of an NPY file, format 1.0: magic,
// version, the length of what follows, and a Python dictionary, padded with
// spaces so that the data starts at a multiple of 64. descr is NumPy's name of
// the type, such as "<f4"; the data is in C order. npyio writes an
// array only from one slice that holds all of it.
func Header(descr string, shape ...int) string {
	dict := "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + Shape(shape...) + ", }"
	const before = 10
	dict += strings.Repeat(" ", 63-(before+len(dict))%64) + "\n"
	return "\x93NUMPY\x01\x00" + string(binary.LittleEndian.AppendUint16(nil, uint16(len(dict)))) + dict
}
