/* SPDX-License-Identifier: GPL-2.0-only */
/* include/uapi/sysinfo.h - what sysinfo(2) tells. */
#ifndef UAPI_SYSINFO_H
#define UAPI_SYSINFO_H

#include <primer/types.h>

#define SI_LOAD_SHIFT	16

struct sysinfo {
	long uptime;			/* seconds since boot */
	unsigned long loads[3];		/* 1, 5 and 15 minutes, times 2^SI_LOAD_SHIFT */
	unsigned long totalram;		/* in units of mem_unit bytes, like all below */
	unsigned long freeram;
	unsigned long sharedram;
	unsigned long bufferram;
	unsigned long totalswap;
	unsigned long freeswap;
	u16 procs;			/* tasks */
	u16 pad;
	unsigned long totalhigh;
	unsigned long freehigh;
	u32 mem_unit;
};

#endif
