//go:build linux

#include "egl_lib.h"

#include <dlfcn.h>
#include <stddef.h>

struct losscape_egl losscape_egl;

const char *losscape_egl_load(void) {
	struct losscape_egl *e = &losscape_egl;
	if (e->GetProcAddress)
		return NULL;
	void *lib = dlopen("libEGL.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		return dlerror();
#define SYM(name)                                                              \
	if (!(e->name = dlsym(lib, "egl" #name)))                                  \
	return "libEGL.so.1 lacks egl" #name
	SYM(GetError);
	SYM(GetDisplay);
	SYM(Initialize);
	SYM(Terminate);
	SYM(QueryString);
	SYM(BindAPI);
	SYM(ChooseConfig);
	SYM(CreateContext);
	SYM(DestroyContext);
	SYM(MakeCurrent);
	SYM(ReleaseThread);
#undef SYM
	void *gpa = dlsym(lib, "eglGetProcAddress");
	if (!gpa)
		return "libEGL.so.1 lacks eglGetProcAddress";
	e->GetProcAddress = gpa;
	e->QueryDevicesEXT = (PFNEGLQUERYDEVICESEXTPROC)e->GetProcAddress("eglQueryDevicesEXT");
	e->QueryDeviceStringEXT = (PFNEGLQUERYDEVICESTRINGEXTPROC)e->GetProcAddress("eglQueryDeviceStringEXT");
	e->GetPlatformDisplayEXT = (PFNEGLGETPLATFORMDISPLAYEXTPROC)e->GetProcAddress("eglGetPlatformDisplayEXT");
	return NULL;
}

const char *losscape_egl_query_string(EGLDisplay d, EGLint name) { return losscape_egl.QueryString(d, name); }

int losscape_egl_devices(EGLDeviceEXT *out, int max) {
	EGLint n = 0;
	if (!losscape_egl.QueryDevicesEXT || !losscape_egl.QueryDevicesEXT(max, out, &n))
		return 0;
	return n;
}

const char *losscape_egl_device_string(EGLDeviceEXT d, EGLint name) {
	return losscape_egl.QueryDeviceStringEXT ? losscape_egl.QueryDeviceStringEXT(d, name) : NULL;
}

/* The three steps of opening: NULL, or the name of the call that failed. */
const char *losscape_egl_open(EGLenum platform, void *native, int debug, int plain, EGLDisplay *display, EGLContext *context) {
	struct losscape_egl *e = &losscape_egl;
	*display = EGL_NO_DISPLAY;
	*context = EGL_NO_CONTEXT;
	if (e->GetPlatformDisplayEXT)
		*display = e->GetPlatformDisplayEXT(platform, native, NULL);
	if (*display == EGL_NO_DISPLAY)
		return "eglGetPlatformDisplayEXT";
	EGLint major, minor;
	if (!e->Initialize(*display, &major, &minor))
		return "eglInitialize";
	if (!e->BindAPI(EGL_OPENGL_API))
		return "eglBindAPI(EGL_OPENGL_API)";
	const EGLint want[] = {EGL_SURFACE_TYPE, EGL_DONT_CARE, EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_NONE};
	EGLConfig config;
	EGLint n = 0;
	if (!e->ChooseConfig(*display, want, &config, 1, &n) || n == 0)
		config = EGL_NO_CONFIG_KHR; /* EGL_KHR_no_config_context */
	/* A driver that does not tell of resets refuses the attribute, and is asked again without it. It is EGL 1.5's,
	   section 3.7.1.5, with the number that EGL_KHR_create_context has. Robust access, which has a price, is not
	   asked for. */
	for (int notify = plain ? 0 : 1; notify >= 0; notify--) {
		EGLint attribs[16] = {EGL_CONTEXT_MAJOR_VERSION, 4, EGL_CONTEXT_MINOR_VERSION, 3,
			EGL_CONTEXT_OPENGL_PROFILE_MASK, EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT};
		int n = 6;
		if (debug) {
			attribs[n++] = EGL_CONTEXT_OPENGL_DEBUG;
			attribs[n++] = EGL_TRUE;
		}
		if (notify) {
			attribs[n++] = EGL_CONTEXT_OPENGL_RESET_NOTIFICATION_STRATEGY;
			attribs[n++] = EGL_LOSE_CONTEXT_ON_RESET;
		}
		attribs[n] = EGL_NONE;
		*context = e->CreateContext(*display, config, EGL_NO_CONTEXT, attribs);
		if (*context != EGL_NO_CONTEXT)
			return NULL;
	}
	return "eglCreateContext(OpenGL 4.3 core)";
}

int losscape_egl_make_current(EGLDisplay d, EGLContext c) {
	/* no surface: EGL_KHR_surfaceless_context */
	return losscape_egl.MakeCurrent(d, EGL_NO_SURFACE, EGL_NO_SURFACE, c);
}

/* The display is not terminated: EGL displays are shared in a process, and
   another context may live on it. */
void losscape_egl_close(EGLDisplay d, EGLContext c) {
	losscape_egl.MakeCurrent(d, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
	if (c != EGL_NO_CONTEXT)
		losscape_egl.DestroyContext(d, c);
	losscape_egl.ReleaseThread();
}

int losscape_egl_error(void) { return losscape_egl.GetError(); }

void *losscape_egl_proc(const char *name) { return (void *)losscape_egl.GetProcAddress(name); }
