#include <spawn.h>

/* Of glibc 2.34 and later. Its header shows it under _GNU_SOURCE alone, without which Swift's Glibc is made. */
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
