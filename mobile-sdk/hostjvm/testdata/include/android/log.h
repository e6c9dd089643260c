// The little of Android's log.h that generated bindings use, for a desktop JVM.
#ifndef CHAPERONE_HOSTJVM_ANDROID_LOG_H
#define CHAPERONE_HOSTJVM_ANDROID_LOG_H

#include <stdarg.h>
#include <stdio.h>

enum {
	ANDROID_LOG_VERBOSE = 2,
	ANDROID_LOG_DEBUG,
	ANDROID_LOG_INFO,
	ANDROID_LOG_WARN,
	ANDROID_LOG_ERROR,
	ANDROID_LOG_FATAL,
};

static int __attribute__((unused)) __android_log_print(int priority, const char *tag, const char *format, ...) {
	va_list args;
	va_start(args, format);
	int n = fprintf(stderr, "%d %s: ", priority, tag);
	n += vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return n;
}

#endif
