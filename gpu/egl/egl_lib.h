#ifndef LOSSCAPE_EGL_H
#define LOSSCAPE_EGL_H

/* libEGL is opened at run time, so that the program starts, and can say what is
   missing, where it is not installed. */

#define EGL_NO_X11 1
#define MESA_EGL_NO_X11_HEADERS 1
#include <EGL/egl.h>
#include <EGL/eglext.h>

struct losscape_egl {
	EGLint (*GetError)(void);
	EGLDisplay (*GetDisplay)(EGLNativeDisplayType);
	EGLBoolean (*Initialize)(EGLDisplay, EGLint *, EGLint *);
	EGLBoolean (*Terminate)(EGLDisplay);
	const char *(*QueryString)(EGLDisplay, EGLint);
	EGLBoolean (*BindAPI)(EGLenum);
	EGLBoolean (*ChooseConfig)(EGLDisplay, const EGLint *, EGLConfig *, EGLint, EGLint *);
	EGLContext (*CreateContext)(EGLDisplay, EGLConfig, EGLContext, const EGLint *);
	EGLBoolean (*DestroyContext)(EGLDisplay, EGLContext);
	EGLBoolean (*MakeCurrent)(EGLDisplay, EGLSurface, EGLSurface, EGLContext);
	EGLBoolean (*ReleaseThread)(void);
	__eglMustCastToProperFunctionPointerType (*GetProcAddress)(const char *);
	PFNEGLQUERYDEVICESEXTPROC QueryDevicesEXT;
	PFNEGLQUERYDEVICESTRINGEXTPROC QueryDeviceStringEXT;
	PFNEGLGETPLATFORMDISPLAYEXTPROC GetPlatformDisplayEXT;
};

const char *losscape_egl_load(void);
const char *losscape_egl_query_string(EGLDisplay d, EGLint name);
int losscape_egl_devices(EGLDeviceEXT *out, int max);
const char *losscape_egl_device_string(EGLDeviceEXT d, EGLint name);
const char *losscape_egl_open(EGLenum platform, void *native, int debug, int plain, EGLDisplay *display, EGLContext *context);
int losscape_egl_make_current(EGLDisplay d, EGLContext c);
void losscape_egl_close(EGLDisplay d, EGLContext c);
int losscape_egl_error(void);
void *losscape_egl_proc(const char *name);

#endif
