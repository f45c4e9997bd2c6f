# losscape's chores; "make help" lists them. make, gcc and Go have to be there,
# the rest is installed by "make deps" on Debian and Ubuntu.

VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
GOFLAGS  := $(strip $(GOFLAGS) -buildvcs=false)
export GOFLAGS
LDFLAGS  := -X main.version=$(VERSION)
TIMEOUT  := 20m
# The packages in which goroutines share something, for the race detector.
RACY     := ./cpu ./gpu ./gpu/compute ./gpu/verify ./gpu/film ./gpu/film/atomicfile ./gpu/window ./cmd/losscape ./cmd/losscape/backend ./cmd/losscape/viewer
# What the packages are for: building, drawing without a GPU, encoding, and for the
# tests the window without a screen, the reference compiler of shaders, and a browser.
PACKAGES := libgl-dev libegl-dev xorg-dev pkg-config \
            libegl1 libgl1-mesa-dri \
            ffmpeg \
            xvfb xauth \
            glslang-tools
# A browser under any of these names will do; Ubuntu has it as a snap only.
BROWSERS := "$$CHROMIUM" chromium chromium-browser google-chrome google-chrome-stable chrome-headless-shell chrome \
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" /Applications/Chromium.app/Contents/MacOS/Chromium

# The libraries for Python that test-interop reads our files with.
PYTHON   := python3-numpy python3-scipy python3-netcdf4 python3-xarray python3-pandas python3-vtk9 python3-matplotlib python3-ipython
# The checks of test-interop, each a target that installs what it needs.
INTEROP  := interop-python interop-gltf

.PHONY: help deps go build demo gallery test test-long soak test-interop $(INTEROP) test-slurm test-image test-kubernetes lint bench clean

help:
	@echo 'make demo     render the one-mode film to out/one-mode.mp4, and a small one'
	@echo 'make build    build bin/losscape'
	@echo 'make gallery  draw the pictures of the README anew'
	@echo 'make test     all checks: lint, builds, tests, what is concurrent with the race detector'
	@echo 'make test-long  the tests that take long, too, and all of them with the race detector'
	@echo 'make soak     long films and sweeps in constant memory, 200 interrupted jobs (half an hour)'
	@echo 'make test-interop  other programs read what losscape writes, and run the guide for Python'
	@echo 'make test-slurm  sweeps and films in shards on a cluster of this machine, on which much goes wrong (root, Debian)'
	@echo 'make test-image  the steps of the Dockerfile, in a chroot (root, Debian)'
	@echo 'make test-kubernetes  manifests by the rules of the API server itself'
	@echo 'make lint     gofmt, go vet, staticcheck'
	@echo 'make bench    losscape bench, benchmarks, and the film against ffmpeg alone'
	@echo 'make deps     install what is missing (Debian, Ubuntu), or say what is'
	@echo 'make clean    remove bin/ and out/'

# Installs only what is missing; quick if nothing is.
deps: go
	@browser=; for b in $(BROWSERS); do command -v "$$b" >/dev/null && browser=$$b; done; \
	if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then \
	  missing=; \
	  if test -z "$$browser" && grep -qx 'ID=ubuntu' /etc/os-release; then \
	    echo 'make: tests of pages need a browser: snap install chromium, or let CHROMIUM be the path of one' >&2; \
	  elif test -z "$$browser"; then missing=' chromium'; fi; \
	  command -v gcc >/dev/null || missing="$$missing gcc libc6-dev"; \
	  for p in $(PACKAGES); do \
	    test "$$(dpkg-query -W -f='$${db:Status-Status}' $$p 2>/dev/null)" = installed || missing="$$missing $$p"; \
	  done; \
	  test -n "$$missing" || exit 0; \
	  install="apt-get install -y --no-install-recommends $$missing"; \
	  if test "$$(id -u)" = 0; then run=env; \
	  elif command -v sudo >/dev/null; then run='sudo env'; \
	  else echo "make: missing packages; as root, run: $$install" >&2; exit 1; fi; \
	  echo "installing:$$missing"; \
	  export LC_ALL=C; run="$$run DEBIAN_FRONTEND=noninteractive"; \
	  $$run $$install || { $$run apt-get update && $$run $$install; } || \
	    { echo "make: could not install them; run: apt-get update && $$install" >&2; exit 1; }; \
	else \
	  missing=; \
	  test -n "$$browser" || missing=' chromium'; \
	  for c in gcc pkg-config ffmpeg glslangValidator; do command -v $$c >/dev/null || missing="$$missing $$c"; done; \
	  if test "$$(uname)" = Linux && command -v pkg-config >/dev/null; then \
	    for l in gl egl x11 xcursor xrandr xinerama xi xxf86vm; do pkg-config --exists $$l || missing="$$missing lib$$l"; done; \
	  fi; \
	  test -n "$$missing" || exit 0; \
	  echo "make: missing:$$missing" >&2; \
	  echo 'Fedora: dnf install gcc pkgconf ffmpeg mesa-libGL-devel mesa-libEGL-devel mesa-dri-drivers libX11-devel libXcursor-devel libXrandr-devel libXinerama-devel libXi-devel libXxf86vm-devel xorg-x11-server-Xvfb glslang chromium (ffmpeg from RPM Fusion)' >&2; \
	  echo 'Arch:   pacman -S gcc pkgconf ffmpeg mesa libglvnd libx11 libxcursor libxrandr libxinerama libxi libxxf86vm xorg-server-xvfb glslang chromium' >&2; \
	  echo 'macOS:  xcode-select --install; brew install pkg-config ffmpeg glslang; brew install --cask google-chrome' >&2; \
	  exit 1; \
	fi

go:
	@want=$$(sed -n 's/^go //p' go.mod); \
	command -v go >/dev/null || { echo "make: go was not found; install Go $$want or later from https://go.dev/dl" >&2; exit 1; }; \
	have=$$(go env GOVERSION | sed 's/^go//'); \
	test "$$(printf '%s\n' "$$want" "$$have" | sort -V | head -n 1)" = "$$want" || \
	  { echo "make: this is Go $${have:-of an unknown version}, losscape needs $$want; install it from https://go.dev/dl, or let Go get it (GOTOOLCHAIN=auto)" >&2; exit 1; }

build: deps
	go build -ldflags '$(LDFLAGS)' -o bin/losscape ./cmd/losscape

demo: build
	@mkdir -p out
	bin/losscape render one-mode -o out/one-mode.mp4
	bin/losscape render one-mode -o out/one-mode-small.mp4 --size 1920x640
	@echo "the film is $(CURDIR)/out/one-mode.mp4, and for players that do not take its size out/one-mode-small.mp4"

# The pictures of the README, each a frame of a built-in scene.
gallery: build
	bin/losscape render one-mode -o scenes/gallery/one-mode.png --frame 20 --size 1500x500
	bin/losscape render valley -o scenes/gallery/valley.png --frame 250 --size 1400x788
	bin/losscape render optimizers -o scenes/gallery/optimizers.png --frame 330 --size 1160x580
	bin/losscape render ensemble -o scenes/gallery/ensemble.png --frame 55 --size 1160x580
	bin/losscape render map -o scenes/gallery/map.png --frame 150 --size 1600x800
	bin/losscape render period-two -o scenes/gallery/period-two.png --frame 40 --size 1500x500
	bin/losscape render lyapunov -o scenes/gallery/lyapunov.png --frame 0
	bin/losscape render cancer -o scenes/gallery/cancer.png --frame 450 --size 1120x630
	bin/losscape render penguins -o scenes/gallery/penguins.png --frame 300 --size 1120x630
	bin/losscape render iris -o scenes/gallery/iris.png --frame 300 --size 1072x604
	bin/losscape render mtcars -o scenes/gallery/mtcars.png --frame 300 --size 1072x604
	bin/losscape render doubling -o scenes/gallery/doubling.png --frame 200 --size 1400x700
	bin/losscape render basins -o scenes/gallery/basins.png --frame 300 --size 1160x580
	bin/losscape render zoom -o scenes/gallery/zoom.png --frame 150 --size 700x394
	@find scenes/gallery -name '*.png' -size +300k | sed 's/$$/ has more than 300 KiB/' | (! grep .)

lint: deps
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not gofmt-ed:" $$unformatted >&2; exit 1; }
	go vet ./...
	go vet -tags nowindow ./...
	go tool staticcheck ./...
	go tool staticcheck -tags nowindow ./...

test: lint
	go build -ldflags '$(LDFLAGS)' -o bin/losscape ./cmd/losscape
	go build -tags nowindow,egl -o bin/losscape-nowindow ./cmd/losscape
	@! ldd bin/losscape-nowindow 2>/dev/null | grep -e libX -e libGLX || { echo 'the build without window needs X libraries' >&2; exit 1; }
	@for os in linux darwin windows; do \
	  echo "CGO_ENABLED=0 GOOS=$$os go build ./cmd/losscape"; \
	  CGO_ENABLED=0 GOOS=$$os go build -o /dev/null ./cmd/losscape || exit 1; \
	done
	go test -shuffle=on -timeout $(TIMEOUT) ./...
	go test -race -short -shuffle=on -timeout $(TIMEOUT) $(RACY)

# What make test leaves out, for its time:
#   the race detector where nothing is concurrent, and over the whole table of
#   verification (minutes; make test has the table without it, and a core of it with it);
#   half of the table's runs and seven eighths of it in double precision, and most known exponents;
#   an interrupt at each of many moments of a film, and of a window (make test has some
#   of them);
#   a thousand resizes of the window and of a picture (make test has a hundred, without a
#   screen, and two hundred).
test-long: lint
	LONG=1 go test -race -shuffle=on -timeout 60m ./...

# What shows only after a long time, on Linux: a film of 10,000 frames in memory that does not grow, 10^8 runs of 20
# steps to Parquet in at most 1 GB, and 200 jobs, interrupted by SIGKILL and SIGTERM in turn, that come to the bytes of
# those that nobody interrupted. SOAK_FRAMES, SOAK_RUNS and SOAK_RESUMES make them shorter.
soak: deps
	SOAK=1 go test -count=1 -v -timeout 4h -run '^TestSoak' ./cmd/losscape

# What others read of our files. Here a library that is missing is a failure; make test-long
# runs these tests where the libraries are, and make test does without.
test-interop: $(INTEROP)

interop-python: deps
	@$(MAKE) --no-print-directory deps PACKAGES='$(PYTHON)'
	INTEROP=1 go test -count=1 -timeout $(TIMEOUT) -run '^TestInterop' ./cmd/losscape

# Khronos' glTF validator, by npm, on the models of all scenes.
interop-gltf: build
	@command -v node >/dev/null && command -v npm >/dev/null || $(MAKE) --no-print-directory deps PACKAGES='nodejs npm'
	@set -e; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
	npm install --silent --no-audit --no-fund --prefix "$$dir" gltf-validator@2.0.0-dev.3.10; \
	for s in $$(bin/losscape scenes | cut -d' ' -f1); do \
	  bin/losscape render $$s -q -o "$$dir/$$s.glb"; \
	  bin/losscape render $$s -q -o "$$dir/$$s-axes.glb" --axes; \
	done; \
	node cmd/losscape/model/testdata/validate.mjs "$$dir"

# A cluster of one node, this machine, with processes of its own: all that is started ends with the
# tests, whatever becomes of them. Only root may start it.
test-slurm: deps
	@$(MAKE) --no-print-directory deps PACKAGES='slurm-wlm munge'
	SLURM=1 go test -count=1 -v -timeout 60m -run '^TestSlurm' ./cmd/losscape

# Debian's base system, and in it what the Dockerfile does. It takes minutes, and 3 GB in TMPDIR.
test-image: deps
	@$(MAKE) --no-print-directory deps PACKAGES='debootstrap'
	IMAGE=1 go test -count=1 -v -timeout 60m -run '^TestImage' ./cmd/losscape

# The rules of the API server of Kubernetes, built from its sources: minutes the first time.
test-kubernetes: go
	KUBERNETES=1 go test -count=1 -timeout 60m -run '^TestKubernetes' ./cmd/losscape/cluster

bench: build
	bin/losscape bench
	go test -run '^$$' -bench . -timeout $(TIMEOUT) $$(go list ./... | grep -v -e /gpu/film -e /cmd/losscape)
	go test -run '^$$' -bench . -benchtime 5x -timeout $(TIMEOUT) ./gpu/film ./cmd/losscape

clean:
	rm -rf bin out
