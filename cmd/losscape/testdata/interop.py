"""Reads files of losscape with the libraries that people use, for TestInterop.

    interop.py modules            names the modules that are missing
    interop.py files FOLDER       checks the files that TestInterop has written there
    interop.py guide README       runs the Python lines of a README in the current folder

Each check compares to the bit: with the .npy of a grid, with the .csv of a sweep.
"""

import io
import json
import os
import re
import sys


def modules():
    """Returns the modules that cannot be imported."""
    missing = []
    for name in ["numpy", "scipy.io", "netCDF4", "xarray", "pandas", "vtk", "matplotlib", "IPython"]:
        try:
            __import__(name)
        except ImportError:
            missing.append(name)
    return missing


def same(what, got, want, text=False):
    """Fails unless two arrays have the same values, to the bit, whatever their byte order.

    Of what was text, all NaN are the same.
    """
    import numpy as np

    got, want = np.asarray(got), np.asarray(want)
    if text and want.dtype.kind == "f":
        got, want = np.where(np.isnan(got), np.nan, got), np.where(np.isnan(want), np.nan, want)
    if got.shape != want.shape or got.dtype.newbyteorder("=") != want.dtype.newbyteorder("="):
        sys.exit(f"{what}: {got.dtype} {got.shape}, want {want.dtype} {want.shape}")
    bits = {1: "u1", 4: "u4", 8: "u8"}[want.dtype.itemsize]
    a = np.ascontiguousarray(got, want.dtype.newbyteorder("=")).view(bits)
    b = np.ascontiguousarray(want, want.dtype.newbyteorder("=")).view(bits)
    if not np.array_equal(a, b):
        at = np.argwhere(a != b)[0]
        sys.exit(f"{what}: {np.sum(a != b)} values differ, the first at {at}: {got[tuple(at)]!r}, want {want[tuple(at)]!r}")


def equal(what, got, want):
    if got != want:
        sys.exit(f"{what}: {got!r}, want {want!r}")


def vtk_array(a):
    from vtk.util.numpy_support import vtk_to_numpy

    if a.GetClassName() == "vtkStringArray":
        return [a.GetValue(i) for i in range(a.GetNumberOfTuples())]
    return vtk_to_numpy(a)


def vtk_read(reader, path):
    """Returns the data of a file, and fails if VTK has an error to report."""
    import vtk

    errors = []
    reader.AddObserver(vtk.vtkCommand.ErrorEvent, lambda *_: errors.append(path))
    reader.SetFileName(path)
    reader.Update()
    if errors or reader.GetErrorCode() != 0:
        sys.exit(f"{path}: VTK does not read it")
    return reader.GetOutputDataObject(0)


def vtk_netcdf(path, name):
    """Returns a variable of those that ParaView shows first."""
    import vtk

    reader = vtk.vtkNetCDFCFReader()
    reader.SphericalCoordinatesOff()
    reader.SetFileName(path)
    reader.UpdateMetaData()
    reader.SetDimensions(reader.GetAllDimensions().GetValue(0))
    return vtk_array(vtk_read(reader, path).GetPointData().GetArray(name))


def grid(stem, name, meta):
    """Checks a grid in all formats; name is of its values, meta what its metadata have."""
    import numpy as np
    import vtk
    import xarray as xr
    from scipy.io import netcdf_file

    want = np.load(stem + ".npy")
    vectors = ["x", "y", "origin", "d1", "d2"]

    z = np.load(stem + ".npz")
    same(stem + ".npz", z[name], want)
    info = json.loads(str(z["metadata"]))
    names = [str(n) for n in z["weight_names"]]
    for key, value in meta.items():
        equal(f"{stem}.npz, {key}", info[key], value)
    for axis, n in zip(info["axes"], reversed(want.shape[:2])):
        same(f"{stem}.npz, {axis['name']}", z[axis["name"]], np.linspace(axis["first"], axis["last"], n))
    equal(stem + ".npz, weights", (len(z["origin"]), len(z["d1"]), len(z["d2"])), (len(names),) * 3)

    # The variables, with their part of the values.
    parts = {name: want} if want.ndim == 2 else {name + "_x": want[:, :, 0], name + "_y": want[:, :, 1]}
    f = netcdf_file(stem + ".nc", "r", mmap=False)
    with open(stem + ".nc", "rb") as file:
        pipe = io.BytesIO(file.read())
    opened = {engine: xr.open_dataset(stem + ".nc", engine=engine) for engine in ["scipy", "netcdf4"]}
    opened["a pipe"] = xr.open_dataset(pipe, engine="scipy")
    for how, ds in opened.items():
        for part, values in parts.items():
            same(f"{stem}.nc by SciPy, {part}", f.variables[part][:], values)
            same(f"{stem}.nc by xarray and {how}, {part}", ds[part].values, values)
            equal(f"{stem}.nc, dimensions", ds[part].dims, ("y", "x"))
        for v in vectors:
            same(f"{stem}.nc, {v}", ds[v if v in "xy" else "plane_" + v].values, z[v])
        equal(stem + ".nc, weights", [str(n) for n in ds.weight_name.values], names)
        equal(stem + ".nc, conventions", ds.attrs["Conventions"], "CF-1.8")
        for key, value in meta.items():
            equal(f"{stem}.nc, {key}", json.loads(ds.attrs["losscape"])[key], value)
        # By value: the nearest point to a coordinate is the one that has it.
        same(stem + ".nc, a selection", ds[part].sel(x=z["x"][3], y=z["y"][2], method="nearest").values, values[2, 3])

    image = vtk_read(vtk.vtkXMLImageDataReader(), stem + ".vti")
    points = vtk_array(image.GetPointData().GetArray(name)).reshape(want.shape[:2] + (-1,))
    same(stem + ".vti", points[:, :, : want.shape[2]] if want.ndim == 3 else points[:, :, 0], want)
    if want.ndim == 3:
        same(stem + ".vti, z", points[:, :, 2], np.zeros(want.shape[:2], want.dtype))
    equal(stem + ".vti, points", image.GetDimensions(), (want.shape[1], want.shape[0], 1))
    fields = {image.GetFieldData().GetArrayName(i): vtk_array(image.GetFieldData().GetAbstractArray(i)) for i in range(image.GetFieldData().GetNumberOfArrays())}
    for v in vectors:
        same(f"{stem}.vti, {v}", fields[v], z[v])
    equal(stem + ".vti, weights", fields["weight_names"], names)
    for key, value in meta.items():
        equal(f"{stem}.vti, {key}", json.loads(fields["metadata"][0])[key], value)
    nx, ny = len(z["x"]), len(z["y"])
    same(stem + ".vti, points along x", np.array([image.GetPoint(i)[0] for i in range(nx - 1)]), z["x"][:-1])
    same(stem + ".vti, points along y", np.array([image.GetPoint(j * nx)[1] for j in range(ny - 1)]), z["y"][:-1])
    for got, last in zip(image.GetPoint(nx * ny - 1), (z["x"][-1], z["y"][-1])):
        if abs(got - last) > np.spacing(abs(last)):
            sys.exit(f"{stem}.vti: the last point is at {got}, want {last}")

    for part, values in parts.items():
        same(f"{stem}.nc by VTK, {part}", vtk_netcdf(stem + ".nc", part).reshape(values.shape), values)


def sweep(stem, dims, weights):
    """Checks a sweep in all formats; weights are the variables of the final weights."""
    import numpy as np
    import pandas as pd
    import vtk
    import xarray as xr
    from scipy.io import netcdf_file

    want = pd.read_csv(stem + ".csv", float_precision="round_trip")
    z = np.load(stem + ".npz")
    for column in want.columns:
        got = z[column]
        if column + "_names" in z.files:
            equal(f"{stem}.npz, {column}", list(z[column + "_names"][got]), list(want[column]))
        else:
            same(f"{stem}.npz, {column}", got.astype(want[column].dtype), want[column].values, text=True)
    try:
        parquet = pd.read_parquet(stem + ".parquet")
    except ImportError:
        print(f"{stem}.parquet: not read, pandas has neither pyarrow nor fastparquet here")
    else:
        for column in want.columns:
            if want[column].dtype == object:
                equal(f"{stem}.parquet, {column}", list(parquet[column]), list(want[column]))
            else:
                same(f"{stem}.parquet, {column}", parquet[column].values.astype(want[column].dtype), want[column].values, text=True)

    f = netcdf_file(stem + ".nc", "r", mmap=False)
    ds = xr.open_dataset(stem + ".nc", engine="scipy")
    for name, values in xr.open_dataset(stem + ".nc", engine="netcdf4").variables.items():
        same(f"{stem}.nc by netCDF4, {name}", values.values, ds[name].values)
    shape = tuple(z["shape"])
    equal(stem + ".nc, dimensions", list(ds["loss"].dims), dims)
    equal(stem + ".nc, shape", ds["loss"].shape, shape)
    equal(stem + ".nc, metadata", json.loads(ds.attrs["losscape"])["over"], json.loads(str(z["metadata"]))["over"])
    columns = [c for c in want.columns if c not in dims]
    names = [d for d in ds.data_vars]
    equal(stem + ".nc, weights", names[: len(weights)], weights)
    equal(stem + ".nc, variables", len(names), len(columns) - len(dims) + sum(d in want.columns for d in dims))
    for axis, (dim, column) in enumerate(zip(dims, want.columns)):
        values = z[column].reshape(shape)
        values = np.moveaxis(values, axis, 0).reshape(shape[axis], -1)[:, 0]
        same(f"{stem}.nc, {dim}", ds[dim].values.astype(values.dtype), values)
    for name, column in zip(names, list(want.columns)[len(dims) :]):
        if name != column:
            equal(f"{stem}.nc, {name}", ds[name].attrs["column"], column)
        got = ds[name]
        if "flag_meanings" in got.attrs:
            meanings = np.array(got.attrs["flag_meanings"].split())
            equal(f"{stem}.nc, {name}", list(got.attrs["flag_values"]), list(range(len(meanings))))
            equal(f"{stem}.nc, {name}", list(meanings[got.values.ravel()]), list(want[column]))
            continue
        values = z[column].reshape(shape)
        same(f"{stem}.nc by xarray, {name}", got.values.astype(values.dtype), values)
        same(f"{stem}.nc by SciPy, {name}", f.variables[name][:].astype(values.dtype), values)
    # To pandas and back.
    frame = ds["loss"].to_dataframe().reset_index()
    same(stem + ".nc as a frame", frame["loss"].values, z["loss"])
    if len(dims) == 2:
        same(stem + ".nc by VTK", vtk_netcdf(stem + ".nc", "loss").reshape(shape), z["loss"].reshape(shape))


def large(stem):
    """Checks files beyond 4 GiB, which have a hole: only a last value is not 0."""
    import xarray as xr
    from scipy.io import netcdf_file

    for kind in ["record", "last"]:
        path = f"{stem}-{kind}.nc"
        with netcdf_file(path, "r", mmap=True) as f:
            equal(path + " by SciPy", f.variables["v"].data[-1, -1].item(), 7)
            equal(path + " by SciPy", f.variables["v"].data[-1, -2].item(), 0)
        for engine in ["scipy", "netcdf4"]:
            with xr.open_dataset(path, engine=engine) as ds:
                equal(f"{path} by xarray and {engine}", ds["v"][-1, -1].item(), 7)


def guide(readme):
    """Runs the Python lines of a README, one block after the other, and returns their names."""
    with open(readme, encoding="utf-8") as f:
        section = re.search(r"^## From Python\n(.*?)^## ", f.read(), re.S | re.M)
    if not section:
        sys.exit(f"{readme} has no section From Python")
    blocks = re.findall(r"^```python\n(.*?)^```", section.group(1), re.S | re.M)
    if not blocks:
        sys.exit(f"{readme} has no Python lines in From Python")
    names = {}
    for block in blocks:
        exec(compile(block, readme, "exec"), names)
    return names


def check_guide(readme):
    """Checks what the lines have made."""
    import pandas as pd
    import xarray as xr

    n = guide(readme)
    runs, loss, still = n["runs"], n["landscape"], n["still"]
    if not isinstance(runs, pd.DataFrame) or len(runs) < 10 or not {"lr", "loss", "status"} <= set(runs.columns):
        sys.exit(f"runs is {runs}")
    if not isinstance(loss, xr.Dataset) or loss.loss.dims != ("y", "x") or not float(loss.loss.min()) > 0:
        sys.exit(f"landscape is {loss}")
    if still.data[:8] != b"\x89PNG\r\n\x1a\n":
        sys.exit(f"still is {still}")
    # What comes through a pipe is what is in the files.
    same("loss", n["loss"], loss.loss)
    same("same", n["same"].loss, loss.loss)
    if not n["table"].equals(runs):
        sys.exit(f"table is {n['table']}, want {runs}")
    if n["picture"].data != still.data:
        sys.exit("picture is another one than still")


if __name__ == "__main__":
    verb, args = sys.argv[1], sys.argv[2:]
    if verb == "modules":
        print(" ".join(modules()))
    elif verb == "guide":
        check_guide(*args)
    elif verb == "files":
        os.chdir(args[0])
        with open("files.json", encoding="utf-8") as f:
            files = json.load(f)
        for g in files["grids"]:
            grid(**g)
        for s in files["sweeps"]:
            sweep(**s)
        large("large")
    else:
        sys.exit(__doc__)
