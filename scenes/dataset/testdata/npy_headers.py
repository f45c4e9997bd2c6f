"""Writes npy_headers.jsonl: what numpy.load(allow_pickle=False) makes of NPY headers.

    python3 npy_headers.py > npy_headers.jsonl

Each line has the header h (bytes as Latin-1), the format version v unless it is 1,
and the n bytes of data behind it unless they are 256, byte i being (37 i + 11) mod
251. Where NumPy reads the array
as one of numbers, shape, dtype and the first values in C order follow; where it
reads one of another kind, or refuses one of objects, kind; else it refuses it.

The arrays are read from a stream, which is stricter than a file: a file also gives
dimensions below 0, as all that there is. Left out is what depends on NumPy's
version: types such as '1f8' and '()f8'. Made with NumPy 1.24.
"""

import io
import itertools
import json
import random
import struct
import sys
import warnings

import numpy as np

warnings.simplefilter("ignore")

seen = set()


def case(header, v=1, n=256):
    if (header, v) in seen or "'1" in header:
        return
    seen.add((header, v))
    h = header.encode("utf-8" if v == 3 else "latin-1")
    data = bytes((37 * i + 11) % 251 for i in range(n))
    size = struct.pack("<H" if v == 1 else "<I", len(h))
    line = {"h": h.decode("latin-1")}
    if v != 1:
        line["v"] = v
    if n != 256:
        line["n"] = n
    try:
        a = np.load(io.BytesIO(b"\x93NUMPY" + bytes([v, 0]) + size + h + data))
    except Exception as e:
        if "Object arrays" in str(e):
            line["kind"] = "O"
    else:
        if a.dtype.kind in "biuf" and a.dtype.itemsize <= 8:
            line["shape"] = list(a.shape)
            line["dtype"] = a.dtype.newbyteorder("<").str[1:]
            some = a.ravel()[:3].tolist()
            line["values"] = " ".join(repr(int(x) if a.dtype.kind == "b" else x) for x in some)
        elif a.dtype.names is not None:
            line["kind"] = "records"
        else:
            line["kind"] = a.dtype.kind
    print(json.dumps(line, separators=(",", ":")))


def with_shape(shape):
    return "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }\n" % shape


def with_descr(descr):
    return "{'descr': %s, 'fortran_order': False, 'shape': (2, 3)}" % descr


case("{'descr': '<f8', 'fortran_order': False, 'shape': (4, 1234)}", n=4 * 1234 * 8)
case("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2, 2)}")

shapes = r"""
(2, 3)|(2,3)|(2, 3,)|( 2 , 3 )|(2, 3)  |((2), 3)|((2, 3))|(2,)|(2)|2|()|(())|((),)|(0,)|(0, 3)|(3, 0)|(2, 3, 4)|(1, 2, 1, 3)
(2L, 3L)|(2L,)|(2 L, 3)|(2LL, 3)|(2L L, 3)|(2l, 3)|(L, 3)|(2, 3)L|(2.0L, 3)|(0x2L, 3)|(2\tL, 3)|(2\nL, 3)
[2, 3]|{2, 3}|'(2, 3)'|None|True|(True, 3)|(False,)|(None, 3)|(2.0, 3)|(2., 3)|(2e0, 3)|(2j, 3)|('2', 3)|(..., 3)|("a" "b", 3)
(04, 2)|(02,)|(00, 2)|(000,)|(0_0, 2)|(0, 2)|(0x2, 3)|(0X2, 3)|(0o2, 3)|(0b10, 3)|(0xg, 3)|(0o8,)|(0b2,)|(1_0,)|(1__0,)|(_10,)|(10_,)|(0_2,)
(+2, 3)|(+ 2, 3)|(-2, 3)|(--2, 3)|(-0, 3)|(~2, 3)|(2+0, 3)|(2-0j, 3)|(2*1, 3)|(2 3)|(2,, 3)|(, 3)|(,)|(2; 3)|(2, 3|2, 3)|2, 3|(2, 3))|((2, 3)
(9223372036854775807,)|(9223372036854775808,)|(99999999999999999999999, 0)|(3037000500, 3037000500)|(4294967296, 4294967296)|(100, 100)|(64,)|(65,)
(2,\n3)|(2, # rows\n3)|(2, \\\n3)|(2,\r3)|(2,\r\n3)|(2,\t3)|(2,\f3)|(2,\v3)|(2,\xa03)|(2, 3)#|(2, 3) and 1
tuple([2, 3])|(2, 3)[0:2]|(*(2, 3),)|(2 if 1 else 3, 3)"""
for shape in shapes.replace("\n", "|").split("|")[1:]:
    case(with_shape(shape.encode().decode("unicode_escape")))
for shape in ["(2L, 3)", "(2, 3)", "(04, 2)", "[2, 3]", "(-2, 3)", "(2,\n 3)"]:
    for v in (1, 2, 3):
        case(with_shape(shape), v=v)

letters = "? b B h H i I l L q Q p P e f d g F D G O S U V M m a c n N w x T y".split()
sized = "b1 b2 i0 i1 i2 i3 i4 i8 i16 u1 u2 u3 u4 u8 f1 f2 f3 f4 f8 f16 f32 f88 c4 c8 c16 c32 S0 S5 a3 U3 V8 M8 m8 M8[ns] m8[s] O8".split()
names = """bool bool_ bool8 int8 int16 int32 int64 uint8 uint16 uint32 uint64 byte ubyte short ushort intc uintc int int_ intp long
longlong uint uintp ulong ulonglong int0 uint0 float16 float32 float64 float128 half single float float_ double longdouble
longfloat complex64 complex128 complex256 csingle singlecomplex complex complex_ cdouble cfloat clongdouble clongfloat longcomplex
object object_ object0 str str_ str0 unicode unicode_ bytes bytes_ bytes0 string_ void void0 datetime64 timedelta64 datetime64[ns]
timedelta64[D] Float64 Int32 Bool FLOAT64 float8 float96 int128 string number integer floating""".split()
for code in letters + sized:
    for order in ("", "<", ">", "=", "|"):
        case(with_descr("'%s%s'" % (order, code)))
for name in names:
    case(with_descr("'%s'" % name))
for descr in ["'<float64'", "'>int'", "''", "'<'", "'<>f8'", "'f8 '", "' f8'", "'< f8'", "'f08'", "'f-8'", "'!f8'", "'@f8'", "'f8;'", "'f8f8'", "'<f8i4'",
              "'f8\\n'", "'f8\\x00'", "'f8,f8'", "'<f4,<i4'", "'2f4'", "'(2,)f4'", "('<f4', (2,))", "('<f4', 2)", "('<f4',)", "['<f4']", "[]", "()", "{}",
              "[('x', '<f4')]", "[('x', '<f4'), ('y', '<f4')]", "[('x', '<f4', (2,))]", "[('x', 'nonsense')]", "[(('title', 'x'), '<f4')]",
              "[('', '|V4'), ('y', '<f4')]", "[('x', [('y', '<f4')])]", "{'names': ['x'], 'formats': ['<f4']}", "None", "True", "1", "1.5", "b'<f4'", "u'<f4'", "U'<f4'",
              "r'<f4'", "f'<f4'", "ur'<f4'", "br'<f4'", '"<f4"', "'''<f4'''", '"""<f4"""', "'<' 'f4'", "'<'\n'f4'", "'<' b'f4'", "'<\\x664'", "'\\x3cf4'", "'<\\146\\064'", "'<\\\nf4'",
              "'<f4", "<f4", "'<f4\"", "numpy.float32", "float", "('<f4')", "(('<f4'))", "'<f4'.lower()", "'<%s' % 'f4'"]:
    case(with_descr(descr))

items = ["'descr': '<i2'", "'fortran_order': True", "'shape': (2, 3)"]
for order in itertools.permutations(items):
    for end in ("}", ", }", ",}\n"):
        case("{" + ", ".join(order) + end)
for extra in ["'x': 1", "'descr': '<i4'", "'shape': (3, 2)", "1: 2", "[]: 1", "'Descr': 1", "**{}", "", "None: 1", "b'descr': 1"]:
    case("{" + ", ".join(items + [extra]) + "}")
    case("{" + ", ".join([extra] + items) + "}")
for left_out in range(3):
    case("{" + ", ".join(items[:left_out] + items[left_out + 1:]) + "}")
    case("{" + ", ".join(items[:left_out] + [items[left_out].replace("'", "", 2)] + items[left_out + 1:]) + "}")
    case("{" + ", ".join(items[:left_out] + ["u" + items[left_out]] + items[left_out + 1:]) + "}")
    case("{" + ", ".join(items[:left_out] + ["b" + items[left_out]] + items[left_out + 1:]) + "}")
for fortran in ["True", "False", "true", "0", "1", "None", "'True'", "not True", "(True)", "(True,)", "True L", "Truely", "-True", "True or 1"]:
    case("{'descr': '<i2', 'fortran_order': %s, 'shape': (2, 3)}" % fortran)
plain = "{" + ", ".join(items) + "}"
for before in ["", " ", "\t", "\n", "\n\n", "\r\n", " \n", "\n ", "#\n", "(", "[", "+", "\x00", "\ufeff", "u", "1 ", "\f", "\\\n"]:
    for after in ["", "\n", " " * 30 + "\n", "\n" + " " * 30, "\x00", ",", ";", ")", "]", "#", "# end", "\n\n\n", "\n1", "}", "{", "\\", "\\\n", " \r\n"]:
        if before == "" or after in ("", "\n"):
            case(before + plain + after, v=3 if "\ufeff" in before else 1)
case("(" + plain + ")")
case("((" + plain + "))\n")
case("(" + plain + ",)")
case("[" + plain + "]")
case("dict(descr='<f4', fortran_order=False, shape=(2, 3))")
case(plain.replace(" ", ""))
case(plain.replace(" ", "\n"))
case(plain.replace(":", " : ").replace(",", " , "))
case(plain.replace("'", '"'))
case(plain.replace("'", "'''"))
case(plain.replace("'<i2'", "'<i2'\n# a comment, with 'quotes' and }\n"))
case(plain.replace(":", "="))
case(plain.replace("'shape'", "'sh' 'ape'"))
case(plain.replace("'shape'", "('shape')"))
case(plain.replace("shape", "sh\\x61pe"))
case(plain.replace("shape", "sh\xe4pe"))
case("")
case("\n")
case("{}")
case("{")
case("None")
case("1")
case("'" + plain.replace("'", '"') + "'")

# One character left out, doubled or exchanged.
source = random.Random(7)
for base in [with_shape("(2, 3)"), plain, with_descr("'>f4'")]:
    for i in range(len(base)):
        case(base[:i] + base[i + 1:])
    for _ in range(100):
        i = source.randrange(len(base))
        c = source.choice("'\",:(){}[] 0123L.-_<>=|fiub\n#\\TrueFals")
        case(base[:i] + source.choice([c, c + base[i], base[i] * 2]) + base[i + 1:])
print(len(seen), "headers", file=sys.stderr)
