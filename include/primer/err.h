/* SPDX-License-Identifier: GPL-2.0-only */
/* include/primer/err.h - an errno or a pointer in one word: the last page of the address space is never mapped. */
#ifndef PRIMER_ERR_H
#define PRIMER_ERR_H

#include <primer/compiler.h>
#include <primer/types.h>
#include <primer/errno.h>

#define MAX_ERRNO		4095
#define IS_ERR_VALUE(x)		unlikely((unsigned long)(x) >= (unsigned long)-MAX_ERRNO)

static inline void *ERR_PTR(long error)			{ return (void *)error; }
static inline long PTR_ERR(const void *p)		{ return (long)p; }
static inline bool IS_ERR(const void *p)		{ return IS_ERR_VALUE((unsigned long)p); }
static inline bool IS_ERR_OR_NULL(const void *p)	{ return unlikely(!p) || IS_ERR(p); }
static inline void *ERR_CAST(const void *p)		{ return (void *)p; }
static inline int PTR_ERR_OR_ZERO(const void *p)	{ return IS_ERR(p) ? (int)PTR_ERR(p) : 0; }

#endif
