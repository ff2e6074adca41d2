/*
 * Of glibc 2.34 and later. Its header shows it under _GNU_SOURCE alone, without which Swift's Glibc is made. `actions` is a
 * posix_spawn_file_actions_t; the header that says so would bring types of Glibc's into this module.
 */
extern int posix_spawn_file_actions_addclosefrom_np(void *actions, int from);
