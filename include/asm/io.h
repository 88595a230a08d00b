/* SPDX-License-Identifier: GPL-2.0-only */
/* include/asm/io.h - I/O ports and device registers in memory. */
#ifndef ASM_IO_H
#define ASM_IO_H

#include <primer/compiler.h>
#include <primer/types.h>

static __always_inline void outb(u8 v, u16 port)  { __asm__ volatile("outb %0, %1" :: "a"(v), "Nd"(port) : "memory"); }
static __always_inline void outw(u16 v, u16 port) { __asm__ volatile("outw %0, %1" :: "a"(v), "Nd"(port) : "memory"); }
static __always_inline void outl(u32 v, u16 port) { __asm__ volatile("outl %0, %1" :: "a"(v), "Nd"(port) : "memory"); }

static __always_inline u8 inb(u16 port)
{
	u8 v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

static __always_inline u16 inw(u16 port)
{
	u16 v;

	__asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

static __always_inline u32 inl(u16 port)
{
	u32 v;

	__asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

/* io_delay - about a microsecond, for old devices that need one between accesses: a write to the POST code port. */
static __always_inline void io_delay(void)	{ outb(0, 0x80); }

/* Device registers: exactly one access of the named size, never merged or repeated. */
static __always_inline u8 readb(const volatile void __iomem *a)		{ return *(const volatile u8 *)a; }
static __always_inline u16 readw(const volatile void __iomem *a)	{ return *(const volatile u16 *)a; }
static __always_inline u32 readl(const volatile void __iomem *a)	{ return *(const volatile u32 *)a; }
static __always_inline u64 readq(const volatile void __iomem *a)	{ return *(const volatile u64 *)a; }
static __always_inline void writeb(u8 v, volatile void __iomem *a)	{ barrier(); *(volatile u8 *)a = v; }
static __always_inline void writew(u16 v, volatile void __iomem *a)	{ barrier(); *(volatile u16 *)a = v; }
static __always_inline void writel(u32 v, volatile void __iomem *a)	{ barrier(); *(volatile u32 *)a = v; }
static __always_inline void writeq(u64 v, volatile void __iomem *a)	{ barrier(); *(volatile u64 *)a = v; }

#endif
