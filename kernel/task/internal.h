/* SPDX-License-Identifier: GPL-2.0-only */
/* kernel/task/internal.h - what the files of this room say to each other. */
#ifndef KERNEL_TASK_INTERNAL_H
#define KERNEL_TASK_INTERNAL_H

#include <primer/signal.h>

/* sigqueue_free - an entry that is on no list any more. */
void sigqueue_free(struct sigqueue *q);

/*
 * signal_struct_init - caches of signal_struct and sighand_struct; the limits that depend on the size of memory.
 * Boot, once.
 */
void signal_struct_init(int max_threads);

#endif
