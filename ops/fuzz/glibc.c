/* What the toolchain's sanitizer libraries expect of a newer glibc than 2.36 (Debian 12); on a newer one this file is empty.
   The conversions differ from C17's only in reading 0b11, which no option of libFuzzer uses. */
#include <features.h>
#if !__GLIBC_PREREQ(2, 38)
#define _GNU_SOURCE
#include <locale.h>
#include <stdlib.h>
#include <wchar.h>

long __isoc23_strtol(const char *text, char **end, int base) { return strtol(text, end, base); }
unsigned long __isoc23_strtoul(const char *text, char **end, int base) { return strtoul(text, end, base); }
long long __isoc23_strtoll(const char *text, char **end, int base) { return strtoll(text, end, base); }
unsigned long long __isoc23_strtoull(const char *text, char **end, int base) { return strtoull(text, end, base); }
long __isoc23_wcstol(const wchar_t *text, wchar_t **end, int base) { return wcstol(text, end, base); }
unsigned long __isoc23_wcstoul(const wchar_t *text, wchar_t **end, int base) { return wcstoul(text, end, base); }
long long __isoc23_wcstoll(const wchar_t *text, wchar_t **end, int base) { return wcstoll(text, end, base); }
unsigned long long __isoc23_wcstoull(const wchar_t *text, wchar_t **end, int base) { return wcstoull(text, end, base); }

extern long long strtoll_l(const char *, char **, int, locale_t);
extern unsigned long long strtoull_l(const char *, char **, int, locale_t);
long long __isoc23_strtoll_l(const char *text, char **end, int base, locale_t locale) { return strtoll_l(text, end, base, locale); }
unsigned long long __isoc23_strtoull_l(const char *text, char **end, int base, locale_t locale) {
    return strtoull_l(text, end, base, locale);
}

/* The size of struct termio, which AddressSanitizer's table of ioctls names: eighteen bytes on x86-64 and aarch64. */
__attribute__((weak)) unsigned termio_size __asm__("_ZN11__sanitizer16struct_termio_szE") = 18;
#endif
