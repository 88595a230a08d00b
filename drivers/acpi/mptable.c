/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drivers/acpi/mptable.c - the table that machines had before ACPI: Intel's MultiProcessor Specification, of 1994.
 *
 * It tells what the MADT tells, in a different shape. A pointer of 16 bytes ("_MP_") lies on a 16-byte boundary in the
 * first KiB of the extended BIOS data area, in the last KiB of the lower 640, or in the BIOS. It leads to the
 * configuration table:
 *
 *	"PCMP"	length, checksum, oem, address of the local APIC
 *	  0	a CPU: APIC id, enabled, is it the boot CPU				20 bytes, all others 8
 *	  1	a bus: its number and its name ("ISA   ", "PCI   ")
 *	  2	an I/O APIC: id, address, enabled
 *	  3	a wire: type, polarity and trigger, bus, line of that bus --> I/O APIC, pin
 *	  4	a wire to a pin of the local APICs
 *
 * or says by a number that the machine is one of seven that the specification draws (two CPUs, one I/O APIC).
 *
 * An MP table speaks of pins of an I/O APIC by its id, ACPI of global numbers. So each I/O APIC gets a base, one behind
 * the other, and wires of the ISA bus that are not where they would be by themselves are reported as ACPI's overrides.
 *
 * The tables are used only without ACPI, and judged in the same way: checksum, length, each record inside.
 *
 * Locking: none. The only CPU that runs reads them, at boot; the facts go to an apic_sink, as those of the MADT do.
 *
 * Linux (arch/x86/kernel/mpparse.c) also reads the wires of PCI slots. Reference: Intel MultiProcessor Specification
 * 1.4, chapter 4.
 */
#define pr_fmt(fmt) "MPTABLE: " fmt
#include <primer/init.h>
#include <primer/kernel.h>
#include <primer/printk.h>
#include <primer/string.h>
#include <asm/io_apic.h>
#include "internal.h"

#define DEFAULT_LAPIC		0xfee00000
#define DEFAULT_IO_APIC		0xfec00000
#define MPF_IMCR		0x80		/* feature2 */
#define MP_APIC_ALL		0xff		/* dstapic: the wire goes to this pin of every I/O APIC */

struct mpc_table {
	char signature[4];		/* "PCMP" */
	u16 length;
	u8 spec, checksum;
	char oem[8], productid[12];
	u32 oemptr;
	u16 oemsize, oemcount;
	u32 lapic;
	u32 reserved;
} __packed;

struct mpc_cpu {
	u8 type, apicid, apicver, cpuflag;	/* flag: bit 0 enabled, bit 1 boot CPU */
	u32 cpufeature, featureflag, reserved[2];
} __packed;

struct mpc_bus {
	u8 type, busid;
	char bustype[6];
} __packed;

struct mpc_ioapic {
	u8 type, apicid, apicver, flags;	/* bit 0: enabled */
	u32 apicaddr;
} __packed;

struct mpc_intsrc {
	u8 type, irqtype;			/* 0: vectored, 1: NMI, 2: SMI, 3: from the 8259s */
	u16 irqflag;
	u8 srcbus, srcbusirq, dstapic, dstirq;
} __packed;

enum { MP_PROCESSOR, MP_BUS, MP_IOAPIC, MP_INTSRC, MP_LINTSRC, NR_MP_TYPES };
static const u8 record_length[NR_MP_TYPES] = {
	sizeof(struct mpc_cpu), sizeof(struct mpc_bus), sizeof(struct mpc_ioapic), sizeof(struct mpc_intsrc), 8,
};

struct mp_walk {
	const struct apic_sink *sink;
	void *arg;
	unsigned int cpus;
	bool isa_bus[256];
	struct { bool there; u32 base; } ioapic[256];		/* by id */
	u32 next_gsi;
	u16 isa_seen;						/* lines whose wire has been found */
};

const char *mp_check_pointer(const struct mpf_intel *mpf)
{
	if (memcmp(mpf->signature, "_MP_", 4))
		return "no signature";
	if (mpf->length != 1)
		return "incorrect length";
	if (mpf->specification != 1 && mpf->specification != 4)
		return "unknown version";
	return acpi_checksum(mpf, sizeof(*mpf)) ? "incorrect checksum" : NULL;
}

static const char *check_table(const struct mpc_table *t, u32 avail)
{
	if (avail < sizeof(*t))
		return "too short";
	if (memcmp(t->signature, "PCMP", 4))
		return "no signature";
	if (t->length < sizeof(*t) || t->length > avail)
		return "incorrect length";
	if (acpi_checksum(t, t->length))
		return "incorrect checksum";
	if (t->spec != 1 && t->spec != 4)
		return "unknown version";
	return NULL;
}

static void found_ioapic(struct mp_walk *w, u8 id, u64 address)
{
	if (!address || w->ioapic[id].there) {
		pr_warn("I/O APIC %u at %#llx: ignored\n", id, address);
		return;
	}
	w->ioapic[id].there = true;
	w->ioapic[id].base = w->next_gsi;
	w->sink->ioapic(w->arg, id, address, w->next_gsi);
	w->next_gsi += w->sink->pins(w->arg, address);
}

/* A wire. Only those of the ISA bus have numbers of their own. */
static void found_wire(struct mp_walk *w, const struct mpc_intsrc *r)
{
	bool to_all = r->dstapic == MP_APIC_ALL && w->next_gsi;
	u32 gsi;

	if (!w->isa_bus[r->srcbus] || r->srcbusirq >= 16 || r->irqtype)
		return;
	if (!to_all && !w->ioapic[r->dstapic].there) {
		pr_warn("ISA IRQ %u goes to I/O APIC %u, which does not exist: ignored\n", r->srcbusirq, r->dstapic);
		return;
	}
	/* The first wire of a line counts. */
	if (w->isa_seen & 1U << r->srcbusirq)
		return;
	w->isa_seen |= 1U << r->srcbusirq;
	/* Of a wire that goes to all, the first I/O APIC's pin is used: its base is 0. The others' stay masked. */
	gsi = (to_all ? 0 : w->ioapic[r->dstapic].base) + r->dstirq;
	if (gsi != r->srcbusirq || r->irqflag & (MP_IRQPOL_MASK | MP_IRQTRIG_MASK))
		w->sink->override(w->arg, r->srcbusirq, gsi, r->irqflag & (MP_IRQPOL_MASK | MP_IRQTRIG_MASK));
}

static void one_record(struct mp_walk *w, const u8 *p)
{
	switch (*p) {
	case MP_PROCESSOR: {
		const struct mpc_cpu *r = (const void *)p;

		w->cpus += r->cpuflag & 1;
		w->sink->lapic(w->arg, r->apicid, r->cpuflag & 1);
		break;
	}
	case MP_BUS: {
		const struct mpc_bus *r = (const void *)p;

		w->isa_bus[r->busid] = !memcmp(r->bustype, "ISA", 3) || !memcmp(r->bustype, "EISA", 4);
		break;
	}
	case MP_IOAPIC: {
		const struct mpc_ioapic *r = (const void *)p;

		if (r->flags & 1)
			found_ioapic(w, r->apicid, r->apicaddr);
		break;
	}
	case MP_INTSRC:
		found_wire(w, (const void *)p);
		break;
	}
}

unsigned int mp_parse(const void *table, u32 avail, const struct apic_sink *sink, void *arg)
{
	static struct mp_walk w;		/* [boot, one CPU; or a test] too large for the stack */
	const struct mpc_table *t = table;
	const char *wrong = check_table(t, avail);
	const u8 *p, *end;
	char oem[9], product[13];

	if (wrong) {
		pr_warn("configuration table: %s: ignored\n", wrong);
		return 0;
	}
	pr_info("OEM ID: %s\n", strim(acpi_printable(oem, t->oem, 8)));
	pr_info("Product ID: %s\n", strim(acpi_printable(product, t->productid, 12)));
	pr_info("APIC at: 0x%X\n", t->lapic);
	w = (struct mp_walk){ .sink = sink, .arg = arg };
	if (t->lapic)
		sink->lapic_address(arg, t->lapic);
	end = (const u8 *)table + t->length;
	for (p = (const u8 *)(t + 1); p < end; p += record_length[*p]) {
		if (*p >= NR_MP_TYPES || end - p < record_length[*p]) {
			pr_warn("entry of type %u, %ld bytes are left: the rest is ignored\n", *p, end - p);
			break;
		}
		one_record(&w, p);
	}
	return w.cpus;
}

/* One of the seven machines of the specification's chapter 5. Those with a number up to 4 route the 8259s by the IMCR. */
static unsigned int __init default_configuration(u8 number, const struct apic_sink *sink)
{
	if (number > 7) {
		pr_warn("unknown default configuration %u\n", number);
		return 0;
	}
	pr_info("Default MP configuration #%u\n", number);
	sink->lapic_address(NULL, DEFAULT_LAPIC);
	sink->lapic(NULL, 0, true);
	sink->lapic(NULL, 1, true);
	sink->ioapic(NULL, 2, DEFAULT_IO_APIC, 0);
	/* The timer is on pin 2, or (number 2) not connected. */
	if (number != 2)
		sink->override(NULL, 0, 2, 0);
	return 2;
}

static bool __init use_pointer(u64 phys, const struct mpf_intel *mpf, const struct apic_sink *sink)
{
	struct mpc_table head;
	unsigned int cpus;
	void *p;

	printk(KERN_INFO "found SMP MP-table at [mem %#010llx-%#010llx]\n", phys, phys + sizeof(*mpf) - 1);
	pic_mode = mpf->feature2 & MPF_IMCR;
	if (mpf->feature1)
		return default_configuration(mpf->feature1, sink);
	p = acpi_map(mpf->physptr, sizeof(head));
	if (!p) {
		pr_warn("no configuration table at %#x\n", mpf->physptr);
		return false;
	}
	memcpy(&head, p, sizeof(head));
	acpi_unmap(p, sizeof(head));
	if (head.length < sizeof(head))
		head.length = sizeof(head);	/* mp_parse() will say it */
	p = acpi_map(mpf->physptr, head.length);
	if (!p)
		return false;
	cpus = mp_parse(p, head.length, sink, NULL);
	acpi_unmap(p, head.length);
	return cpus;
}

/* The pointer in [@start, @start + @size), copied to @mpf; its address, or 0. */
static u64 __init scan(u64 start, u64 size, struct mpf_intel *mpf)
{
	const u8 *p = acpi_map(start, size);
	u64 found = 0;

	for (u64 at = 0; p && at < size; at += 16)
		if (!memcmp(p + at, "_MP_", 4) && !mp_check_pointer((const void *)(p + at))) {
			memcpy(mpf, p + at, sizeof(*mpf));
			found = start + at;
			break;
		}
	acpi_unmap((void *)p, size);
	return found;
}

bool __init mptable_init(const struct apic_sink *sink)
{
	const u16 *word = acpi_map(0x40e, sizeof(*word));
	u64 ebda = word ? (u64)*word << 4 : 0, found = 0;
	struct mpf_intel mpf;

	acpi_unmap((void *)word, sizeof(*word));
	if (ebda > 0x400 && ebda < 0xa0000)
		found = scan(ebda, 1024, &mpf);
	if (!found)
		found = scan(639 * 1024, 1024, &mpf);
	if (!found)
		found = scan(0xf0000, 0x10000, &mpf);
	return found && use_pointer(found, &mpf, sink);
}
