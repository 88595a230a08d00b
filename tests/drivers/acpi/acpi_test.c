/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tests/drivers/acpi/acpi_test.c - tables as firmware makes them, and as it should not.
 *
 * Every table under test ends exactly where a page ends, and behind that page nothing is mapped: whoever reads one byte
 * too far ends the test with an oops. Corrupted tables are made from good ones by overwriting a few random bytes; the
 * seed is on the log. Of those nothing is expected but that the parser comes back and has not told more than the table
 * has room for.
 */
#include <kunit/test.h>
#include <primer/kernel.h>
#include <primer/printk.h>
#include <primer/string.h>
#include <primer/vmalloc.h>
#include <asm/io_apic.h>
#include <asm/page.h>

#include "../../../drivers/acpi/internal.h"
#include "../../mm/alloc/prng.h"

#define ROUNDS	1500

/* ---- a table that ends where memory ends ------------------------------------------------------------------------- */

static void free_page_of(void *page)
{
	vfree(page);
}

/* @length bytes, a copy of @from, in front of an unmapped page. */
static u8 *tight(struct kunit *test, const void *from, u32 length)
{
	u8 *page = vmalloc(PAGE_ALIGN(length));

	KUNIT_ASSERT_NOT_NULL(test, page);
	kunit_add_action(test, free_page_of, page);
	page += PAGE_ALIGN(length) - length;
	return from ? memcpy(page, from, length) : page;
}

static int loglevel;

static void loud(void *unused)
{
	console_loglevel = loglevel;
}

/* Thousands of complaints belong on nobody's terminal; what the test itself has to say, it says before, or after. */
static void quiet(struct kunit *test)
{
	loglevel = console_loglevel;
	console_silent();
	kunit_add_action(test, loud, NULL);
}

/* The random numbers of a case, their seed on the log; quiet from here on. */
static void start(struct kunit *test, struct prng *r)
{
	prng_init(test, r);
	quiet(test);
}

static void corrupt(struct prng *r, u8 *p, u32 from, u32 length)
{
	for (unsigned long n = 1 + prng_below(r, 4); n; n--) {
		u8 *byte = p + from + prng_below(r, length - from);

		/* The values at the edges find more than those in between. */
		switch (prng_below(r, 4)) {
		case 0:
			*byte = 0;
			break;
		case 1:
			*byte = 0xff;
			break;
		case 2:
			*byte ^= 1U << prng_below(r, 8);
			break;
		default:
			*byte = prng_next(r);
		}
	}
}

/* ---- what a parser said ------------------------------------------------------------------------------------------ */

struct said {
	unsigned int addresses, lapics, enabled, ioapics, overrides;
	u64 address, ioapic_phys;
	u32 last_apicid, gsi_base, gsi;
	u8 ioapic_id, bus_irq;
	u16 flags;
};

static void say_address(void *arg, u64 phys)
{
	struct said *s = arg;

	s->addresses++;
	s->address = phys;
}

static void say_lapic(void *arg, u32 apicid, bool enabled)
{
	struct said *s = arg;

	s->lapics++;
	s->enabled += enabled;
	s->last_apicid = apicid;
}

static void say_ioapic(void *arg, u8 id, u64 phys, u32 gsi_base)
{
	struct said *s = arg;

	s->ioapics++;
	s->ioapic_id = id;
	s->ioapic_phys = phys;
	s->gsi_base = gsi_base;
}

static void say_override(void *arg, u8 bus_irq, u32 gsi, u16 flags)
{
	struct said *s = arg;

	s->overrides++;
	s->bus_irq = bus_irq;
	s->gsi = gsi;
	s->flags = flags;
}

static unsigned int say_pins(void *arg, u64 phys)
{
	return 24;
}

static const struct apic_sink sink = { say_address, say_lapic, say_ioapic, say_override, say_pins };

/* ---- headers and roots ------------------------------------------------------------------------------------------- */

static void header_test(struct kunit *test)
{
	struct acpi_table_header h = { .signature = "TEST", .length = sizeof(h) };

	KUNIT_EXPECT_NULL(test, acpi_check_header(&h, 0x1000));
	h.length = sizeof(h) - 1;
	KUNIT_EXPECT_NOT_NULL(test, acpi_check_header(&h, 0x1000));
	h.length = 0;
	KUNIT_EXPECT_NOT_NULL(test, acpi_check_header(&h, 0x1000));
	h.length = 0xffffffff;
	KUNIT_EXPECT_NOT_NULL(test, acpi_check_header(&h, 0x1000));
	h.length = 64;
	KUNIT_EXPECT_NOT_NULL(test, acpi_check_header(&h, 0));
	KUNIT_EXPECT_NOT_NULL(test, acpi_check_header(&h, ~0ULL - 10));
	KUNIT_EXPECT_NOT_NULL(test, acpi_check_header(&h, 1ULL << 62));
	h.signature[2] = 7;
	KUNIT_EXPECT_NOT_NULL(test, acpi_check_header(&h, 0x1000));
	memcpy(h.signature, ACPI_SIG_FACS, 4);
	KUNIT_EXPECT_NULL(test, acpi_check_header(&h, 0x1000));
	h.length = 63;
	KUNIT_EXPECT_NOT_NULL(test, acpi_check_header(&h, 0x1000));
}

static void set_checksum(void *p, u32 length, u8 *field)
{
	*field = 0;
	*field = -acpi_checksum(p, length);
}

static void rsdp_test(struct kunit *test)
{
	struct acpi_table_rsdp *r = (void *)tight(test, NULL, sizeof(*r));
	u8 *old;

	memset(r, 0, sizeof(*r));
	memcpy(r->signature, ACPI_SIG_RSDP, 8);
	r->rsdt_physical_address = 0x12345678;
	set_checksum(r, ACPI_RSDP_V1_SIZE, &r->checksum);
	KUNIT_EXPECT_NULL(test, acpi_check_rsdp(r, sizeof(*r)));
	/* The old form may be the last thing in its memory. */
	old = tight(test, r, ACPI_RSDP_V1_SIZE);
	KUNIT_EXPECT_NULL(test, acpi_check_rsdp((void *)old, ACPI_RSDP_V1_SIZE));
	KUNIT_EXPECT_NOT_NULL(test, acpi_check_rsdp((void *)old, ACPI_RSDP_V1_SIZE - 1));
	for (unsigned int bit = 0; bit < ACPI_RSDP_V1_SIZE * 8; bit++) {
		old[bit / 8] ^= 1U << bit % 8;
		KUNIT_EXPECT_NOT_NULL(test, acpi_check_rsdp((void *)old, ACPI_RSDP_V1_SIZE));
		old[bit / 8] ^= 1U << bit % 8;
	}

	r->revision = 2;
	r->length = sizeof(*r);
	r->xsdt_physical_address = 0x123456789abc;
	set_checksum(r, ACPI_RSDP_V1_SIZE, &r->checksum);
	set_checksum(r, sizeof(*r), &r->extended_checksum);
	KUNIT_EXPECT_NULL(test, acpi_check_rsdp(r, sizeof(*r)));
	KUNIT_EXPECT_NOT_NULL(test, acpi_check_rsdp(r, sizeof(*r) - 1));
	for (unsigned int bit = 0; bit < sizeof(*r) * 8; bit++) {
		((u8 *)r)[bit / 8] ^= 1U << bit % 8;
		KUNIT_EXPECT_NOT_NULL(test, acpi_check_rsdp(r, sizeof(*r)));
		((u8 *)r)[bit / 8] ^= 1U << bit % 8;
	}
	r->length = 0x10000;
	KUNIT_EXPECT_NOT_NULL(test, acpi_check_rsdp(r, sizeof(*r)));
}

/* ---- MADT -------------------------------------------------------------------------------------------------------- */

struct good_madt {
	struct acpi_table_madt head;
	struct acpi_madt_local_apic cpu[4];
	struct acpi_madt_io_apic ioapic;
	struct acpi_madt_interrupt_override timer, pci_bus;
	struct acpi_madt_nmi_source nmi;
	struct { u8 type, length, data[6]; } unknown;
	struct acpi_madt_local_x2apic again, large;
	struct acpi_madt_local_apic_override address;
	struct acpi_madt_local_apic_nmi lint;
} __packed;

static const struct good_madt good_madt = {
	.head = { .header = { .signature = "APIC", .length = sizeof(struct good_madt), .revision = 3 }, .address = 0xfee00000 },
	.cpu = { { { 0, 8 }, 0, 0, 1 }, { { 0, 8 }, 1, 2, 1 }, { { 0, 8 }, 2, 4, 0 }, { { 0, 8 }, 3, 255, 0 } },
	.ioapic = { { 1, 12 }, 7, 0, 0xfec00000, 24 },
	.timer = { { 2, 10 }, 0, 0, 2, 0 },
	.pci_bus = { { 2, 10 }, 1, 3, 3, 0 },
	.nmi = { { 3, 8 }, 0, 5 },
	.unknown = { 77, 8, { 1, 2, 3 } },
	.again = { { 9, 16 }, 0, 2, 1, 1 },
	.large = { { 9, 16 }, 0, 300, 1, 9 },
	.address = { { 5, 12 }, 0, 0x1fee00000 },
	.lint = { { 4, 6 }, 0xff, 0, 1 },
};

static void madt_test(struct kunit *test)
{
	struct said s = { 0 };
	u8 *p = tight(test, &good_madt, sizeof(good_madt));

	KUNIT_EXPECT_EQ(test, madt_parse((void *)p, sizeof(good_madt), &sink, &s), 2U);
	KUNIT_EXPECT_EQ(test, s.enabled, 2U);		/* APIC 2 is there in both forms */
	KUNIT_EXPECT_EQ(test, s.lapics, 3U);		/* and APIC 4 is not enabled */
	KUNIT_EXPECT_EQ(test, s.addresses, 2U);
	KUNIT_EXPECT_EQ(test, s.address, 0x1fee00000ULL);
	KUNIT_EXPECT_EQ(test, s.ioapics, 1U);
	KUNIT_EXPECT_EQ(test, s.ioapic_id, 7);
	KUNIT_EXPECT_EQ(test, s.ioapic_phys, 0xfec00000ULL);
	KUNIT_EXPECT_EQ(test, s.gsi_base, 24U);
	KUNIT_EXPECT_EQ(test, s.overrides, 1U);		/* that of another bus is not for us */
	KUNIT_EXPECT_EQ(test, s.bus_irq, 0);
	KUNIT_EXPECT_EQ(test, s.gsi, 2U);
	KUNIT_EXPECT_TRUE(test, madt_has((void *)p, sizeof(good_madt), ACPI_MADT_TYPE_LOCAL_X2APIC));
	KUNIT_EXPECT_FALSE(test, madt_has((void *)p, sizeof(good_madt), 78));
}

static void madt_truncated_test(struct kunit *test)
{
	quiet(test);
	for (u32 length = 0; length < sizeof(good_madt); length++) {
		struct said s = { 0 };
		u8 *p = tight(test, &good_madt, length ? length : 1);

		madt_parse((void *)p, length, &sink, &s);
		KUNIT_EXPECT_LE(test, s.enabled, 2U);
		KUNIT_EXPECT_LE(test, s.ioapics, 1U);
	}
}

/* A record of length 0 or 1 would be walked for ever. */
static void madt_zero_length_test(struct kunit *test)
{
	struct good_madt *m = (void *)tight(test, &good_madt, sizeof(good_madt));

	for (u8 length = 0; length < 2; length++) {
		struct said s = { 0 };

		m->cpu[1].header.length = length;
		KUNIT_EXPECT_EQ(test, madt_parse(&m->head, sizeof(*m), &sink, &s), 1U);
		KUNIT_EXPECT_EQ(test, s.ioapics, 0U);
	}
	/* One that is too short for its type is left out, and the walk goes on behind it. */
	memcpy(m, &good_madt, sizeof(*m));
	m->timer.header.length = 2;
	memset((u8 *)&m->timer + 2, 0, 8);
	((u8 *)&m->timer)[2] = 77;
	((u8 *)&m->timer)[3] = 8;
	for (int once = 0; once < 1; once++) {
		struct said s = { 0 };

		KUNIT_EXPECT_EQ(test, madt_parse(&m->head, sizeof(*m), &sink, &s), 2U);
		KUNIT_EXPECT_EQ(test, s.overrides, 0U);
		KUNIT_EXPECT_EQ(test, s.addresses, 2U);
	}
}

static void madt_random_test(struct kunit *test)
{
	u8 *p = tight(test, NULL, sizeof(good_madt));
	struct prng r;

	start(test, &r);
	for (int i = 0; i < ROUNDS; i++) {
		struct said s = { 0 };

		memcpy(p, &good_madt, sizeof(good_madt));
		corrupt(&r, p, sizeof(good_madt.head), sizeof(good_madt));
		madt_parse((void *)p, sizeof(good_madt), &sink, &s);
		/* The shortest record is 2 bytes, the shortest that says anything 6. */
		KUNIT_ASSERT_LE(test, s.lapics + s.ioapics + s.overrides + s.addresses, 1 + sizeof(good_madt) / 6);
	}
}

/* ---- MP table ---------------------------------------------------------------------------------------------------- */

/* Two CPUs, two buses, an I/O APIC, the timer on pin 2, line 9 level triggered, an NMI. */
static const u8 good_mp[] = {
	'P', 'C', 'M', 'P', 148, 0, 4, 0, 'O', 'E', 'M', ' ', ' ', ' ', ' ', ' ', 'P', 'R', 'O', 'D', 'U', 'C', 'T', ' ', ' ', ' ', ' ', ' ',
	0, 0, 0, 0, 0, 0, 9, 0, 0x00, 0x00, 0xe0, 0xfe, 0, 0, 0, 0,
	0, 0, 0x14, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 5, 0x14, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	1, 0, 'P', 'C', 'I', ' ', ' ', ' ', 1, 1, 'I', 'S', 'A', ' ', ' ', ' ',
	2, 8, 0x11, 1, 0x00, 0x00, 0xc0, 0xfe,
	3, 0, 0, 0, 1, 0, 8, 2, 3, 0, 0, 0, 1, 1, 8, 1, 3, 0, 0x0d, 0, 1, 9, 8, 9, 3, 0, 0x0f, 0, 0, 4, 8, 10,
	4, 1, 0, 0, 1, 0, 0xff, 1,
};
static_assert(sizeof(good_mp) == 148, "the table says its length");

static u32 fix_mp(u8 *p)
{
	set_checksum(p, sizeof(good_mp), p + 7);
	return sizeof(good_mp);
}

static void mp_test(struct kunit *test)
{
	u8 *p = tight(test, good_mp, sizeof(good_mp));
	struct said s = { 0 };

	KUNIT_EXPECT_EQ(test, mp_parse(p, sizeof(good_mp), &sink, &s), 0U);	/* no checksum yet */
	KUNIT_EXPECT_EQ(test, mp_parse(p, fix_mp(p), &sink, &s), 2U);
	KUNIT_EXPECT_EQ(test, s.last_apicid, 5U);
	KUNIT_EXPECT_EQ(test, s.address, 0xfee00000ULL);
	KUNIT_EXPECT_EQ(test, s.ioapics, 1U);
	KUNIT_EXPECT_EQ(test, s.ioapic_id, 8);
	KUNIT_EXPECT_EQ(test, s.ioapic_phys, 0xfec00000ULL);
	/* Line 1 is where it is expected; the wire of the PCI bus has no number. */
	KUNIT_EXPECT_EQ(test, s.overrides, 2U);
	KUNIT_EXPECT_EQ(test, s.bus_irq, 9);
	KUNIT_EXPECT_EQ(test, s.gsi, 9U);
	KUNIT_EXPECT_EQ(test, s.flags, MP_IRQPOL_ACTIVE_HIGH | MP_IRQTRIG_LEVEL);
	/* A table that says it is longer than what can be seen is not read. */
	p[4] = 149;
	set_checksum(p, sizeof(good_mp), p + 7);
	KUNIT_EXPECT_EQ(test, mp_parse(p, sizeof(good_mp), &sink, &s), 0U);
}

/* Destination ff: the wire goes to that pin of all I/O APICs, so to that of the first. */
static void mp_all_ioapics_test(struct kunit *test)
{
	u8 *p = tight(test, good_mp, sizeof(good_mp));
	struct said s = { 0 };

	quiet(test);
	KUNIT_ASSERT_EQ(test, p[130], 8);		/* line 9 goes to I/O APIC 8 */
	p[130] = 0xff;
	p[131] = 11;
	KUNIT_EXPECT_EQ(test, mp_parse(p, fix_mp(p), &sink, &s), 2U);
	KUNIT_EXPECT_EQ(test, s.overrides, 2U);
	KUNIT_EXPECT_EQ(test, s.bus_irq, 9);
	KUNIT_EXPECT_EQ(test, s.gsi, 11U);
	/* Without any there is none to go to. */
	p[103] = 0;
	s = (struct said){ 0 };
	KUNIT_EXPECT_EQ(test, mp_parse(p, fix_mp(p), &sink, &s), 2U);
	KUNIT_EXPECT_EQ(test, s.ioapics, 0U);
	KUNIT_EXPECT_EQ(test, s.overrides, 0U);
}

static void mp_pointer_test(struct kunit *test)
{
	struct mpf_intel m = { .signature = "_MP_", .physptr = 0x1000, .length = 1, .specification = 4 };

	KUNIT_EXPECT_NOT_NULL(test, mp_check_pointer(&m));
	set_checksum(&m, sizeof(m), &m.checksum);
	KUNIT_EXPECT_NULL(test, mp_check_pointer(&m));
	for (unsigned int bit = 0; bit < sizeof(m) * 8; bit++) {
		((u8 *)&m)[bit / 8] ^= 1U << bit % 8;
		KUNIT_EXPECT_NOT_NULL(test, mp_check_pointer(&m));
		((u8 *)&m)[bit / 8] ^= 1U << bit % 8;
	}
}

static void mp_random_test(struct kunit *test)
{
	u8 *p = tight(test, NULL, sizeof(good_mp));
	struct prng r;

	start(test, &r);
	for (int i = 0; i < ROUNDS; i++) {
		struct said s = { 0 };

		memcpy(p, good_mp, sizeof(good_mp));
		corrupt(&r, p, 4, sizeof(good_mp));
		mp_parse(p, fix_mp(p), &sink, &s);
		KUNIT_ASSERT_LE(test, s.lapics + s.ioapics + s.overrides, sizeof(good_mp) / 8);
	}
}

/* ---- FADT -------------------------------------------------------------------------------------------------------- */

static void make_fadt(struct acpi_table_fadt *f)
{
	memset(f, 0, sizeof(*f));
	memcpy(f->header.signature, ACPI_SIG_FADT, 4);
	f->header.length = sizeof(*f);
	f->sci_interrupt = 9;
	f->pm1a_event_block = 0x600;
	f->pm1a_control_block = 0x604;
	f->pm_timer_block = 0x608;
	f->gpe0_block = 0x620;
	f->pm1_event_length = 4;
	f->pm1_control_length = 2;
	f->pm_timer_length = 4;
	f->gpe0_block_length = 16;
}

static void fadt_test(struct kunit *test)
{
	struct acpi_table_fadt *f = (void *)tight(test, NULL, sizeof(*f)), out;
	struct acpi_ports ports;
	u8 *old;

	make_fadt(f);
	fadt_decode(f, sizeof(*f), &out, &ports);
	KUNIT_EXPECT_EQ(test, ports.pm1a_status, 0x600);
	KUNIT_EXPECT_EQ(test, ports.pm1a_enable, 0x602);
	KUNIT_EXPECT_EQ(test, ports.pm1b_status, 0);
	KUNIT_EXPECT_EQ(test, ports.pm1b_enable, 0);
	KUNIT_EXPECT_EQ(test, ports.pm1a_control, 0x604);
	KUNIT_EXPECT_EQ(test, ports.pm_timer, 0x608);
	KUNIT_EXPECT_EQ(test, ports.gpe0, 0x620);

	/* Version 1 ends before the reset register, even if something stands behind it. */
	f->reset_register = (struct acpi_generic_address){ ACPI_ADR_SPACE_SYSTEM_IO, 8, 0, 1, 0xcf9 };
	old = tight(test, f, ACPI_FADT_V1_SIZE);
	fadt_decode(old, ACPI_FADT_V1_SIZE, &out, &ports);
	KUNIT_EXPECT_EQ(test, ports.pm_timer, 0x608);
	KUNIT_EXPECT_EQ(test, out.reset_register.address, 0ULL);
	fadt_decode(f, sizeof(*f), &out, &ports);
	KUNIT_EXPECT_EQ(test, out.reset_register.address, 0xcf9ULL);

	/* The 64-bit form wins, unless it is not a port. */
	f->xpm_timer_block = (struct acpi_generic_address){ ACPI_ADR_SPACE_SYSTEM_IO, 32, 0, 3, 0x808 };
	f->xpm1a_control_block = (struct acpi_generic_address){ ACPI_ADR_SPACE_SYSTEM_MEMORY, 16, 0, 2, 0xfed00000 };
	fadt_decode(f, sizeof(*f), &out, &ports);
	KUNIT_EXPECT_EQ(test, ports.pm_timer, 0x808);
	KUNIT_EXPECT_EQ(test, ports.pm1a_control, 0x604);

	/* Ports end at ffff, blocks must fit. */
	f->xpm_timer_block.address = 0xfffd;
	f->pm1a_event_block = 0x10000;
	f->gpe0_block_length = 0;
	fadt_decode(f, sizeof(*f), &out, &ports);
	KUNIT_EXPECT_EQ(test, ports.pm_timer, 0);
	KUNIT_EXPECT_EQ(test, ports.pm1a_status, 0);
	KUNIT_EXPECT_EQ(test, ports.gpe0, 0);

	f->flags = ACPI_FADT_HW_REDUCED;
	fadt_decode(f, sizeof(*f), &out, &ports);
	KUNIT_EXPECT_EQ(test, ports.pm1a_control, 0);
	fadt_decode(old, ACPI_FADT_V1_SIZE - 1, &out, &ports);
	KUNIT_EXPECT_EQ(test, out.sci_interrupt, 0);
}

static void fadt_random_test(struct kunit *test)
{
	struct acpi_table_fadt *f = (void *)tight(test, NULL, sizeof(*f)), out;
	struct acpi_ports ports;
	struct prng r;

	start(test, &r);
	for (int i = 0; i < ROUNDS; i++) {
		make_fadt(f);
		corrupt(&r, (u8 *)f, sizeof(f->header), sizeof(*f));
		fadt_decode(f, sizeof(*f), &out, &ports);
		KUNIT_ASSERT_LE(test, ports.pm_timer, 0xfffc);
		KUNIT_ASSERT_LE(test, ports.gpe0 + ports.gpe0_length * !!ports.gpe0, 0x10000);
		KUNIT_ASSERT_LE(test, ports.pm1a_status + out.pm1_event_length * !!ports.pm1a_status, 0x10000);
	}
}

/* ---- HPET, MCFG, SRAT -------------------------------------------------------------------------------------------- */

static void hpet_test(struct kunit *test)
{
	struct acpi_table_hpet *h = (void *)tight(test, NULL, sizeof(*h));
	u64 address;
	u8 block;
	u16 tick;

	memset(h, 0, sizeof(*h));
	h->address.address = 0xfed00000;
	h->minimum_tick = 100;
	hpet_parse(&h->header, sizeof(*h), &address, &block, &tick);
	KUNIT_EXPECT_EQ(test, address, 0xfed00000ULL);
	KUNIT_EXPECT_EQ(test, tick, 100);
	hpet_parse(&h->header, sizeof(*h) - 1, &address, &block, &tick);
	KUNIT_EXPECT_EQ(test, address, 0ULL);
	h->address.address = 0xfed00010;
	hpet_parse(&h->header, sizeof(*h), &address, &block, &tick);
	KUNIT_EXPECT_EQ(test, address, 0ULL);
	h->address.address = 1ULL << 63;
	hpet_parse(&h->header, sizeof(*h), &address, &block, &tick);
	KUNIT_EXPECT_EQ(test, address, 0ULL);
	h->address.address = 0xfed00000;
	h->address.space_id = ACPI_ADR_SPACE_SYSTEM_IO;
	hpet_parse(&h->header, sizeof(*h), &address, &block, &tick);
	KUNIT_EXPECT_EQ(test, address, 0ULL);
}

static void mcfg_test(struct kunit *test)
{
	struct { struct acpi_table_mcfg head; struct acpi_mcfg_allocation a[4]; } __packed *m;
	struct acpi_mcfg_allocation list[4];

	m = (void *)tight(test, NULL, sizeof(*m));
	memset(m, 0, sizeof(*m));
	m->a[0] = (struct acpi_mcfg_allocation){ 0xb0000000, 0, 0, 255, 0 };
	m->a[1] = (struct acpi_mcfg_allocation){ 0xc0000000, 1, 9, 3, 0 };	/* backwards */
	m->a[2] = (struct acpi_mcfg_allocation){ 0xc0000001, 1, 0, 3, 0 };	/* crooked */
	m->a[3] = (struct acpi_mcfg_allocation){ 0xc0000000, 2, 16, 31, 0 };
	KUNIT_EXPECT_EQ(test, mcfg_parse(&m->head.header, sizeof(*m), list, 4), 2U);
	KUNIT_EXPECT_EQ(test, list[1].pci_segment, 2);
	KUNIT_EXPECT_EQ(test, mcfg_parse(&m->head.header, sizeof(*m), list, 1), 1U);
	KUNIT_EXPECT_EQ(test, mcfg_parse(&m->head.header, sizeof(*m) - 1, list, 4), 1U);
	KUNIT_EXPECT_EQ(test, mcfg_parse(&m->head.header, sizeof(m->head), list, 4), 0U);
	KUNIT_EXPECT_EQ(test, mcfg_parse(&m->head.header, 20, list, 4), 0U);
}

struct good_srat {
	struct acpi_table_srat head;
	struct acpi_srat_cpu_affinity cpu[2];
	struct acpi_srat_mem_affinity mem[3];
	struct acpi_srat_x2apic_cpu_affinity x;
} __packed;

static const struct good_srat good_srat = {
	.head = { .header = { .revision = 3 }, .table_revision = 1 },
	.cpu = { { { 0, 16 }, 7, 0, 1, 0, { 1, 0, 0 }, 0 }, { { 0, 16 }, 3, 1, 1, 0, { 0, 0, 0 }, 0 } },
	.mem = { { { 1, 40 }, 0x107, 0, 0, 0xa0000, 0, 1, 0 }, { { 1, 40 }, 3, 0, 0x100000, 0x100000, 0, 1, 0 },
		 { { 1, 40 }, 3, 0, 0x180000, 0x100000, 0, 1, 0 } },		/* overlaps */
	.x = { { 2, 24 }, 0, 3, 2, 1, 0, 0 },
};

/* What the machine's own table said is put back. */
static void restore_srat(void *unused)
{
	struct acpi_table_header *t;

	srat_parse((void *)&good_srat, 0);
	if (!acpi_get_table(ACPI_SIG_SRAT, 1, &t)) {
		srat_parse(t, t->length);
		acpi_put_table(t);
	}
}

static void srat_test(struct kunit *test)
{
	u8 *p = tight(test, &good_srat, sizeof(good_srat));

	kunit_add_action(test, restore_srat, NULL);
	srat_parse((void *)p, sizeof(good_srat));
	KUNIT_EXPECT_EQ(test, nr_numa_nodes, 2U);
	KUNIT_EXPECT_EQ(test, acpi_apicid_to_node(0), 0);
	KUNIT_EXPECT_EQ(test, acpi_apicid_to_node(1), 1);
	KUNIT_EXPECT_EQ(test, acpi_apicid_to_node(2), 1);
	KUNIT_EXPECT_EQ(test, acpi_apicid_to_node(3), -1);
	KUNIT_EXPECT_EQ(test, nr_numa_memblks, 2U);
	KUNIT_EXPECT_EQ(test, numa_memblks[0].nid, 0);
	KUNIT_EXPECT_EQ(test, numa_memblks[1].start, 0x100000ULL);
	KUNIT_EXPECT_EQ(test, numa_memblks[1].end, 0x200000ULL);
	/* A record that is too short for its type is the last thing in memory. */
	for (u8 type = 0; type <= ACPI_SRAT_TYPE_X2APIC_CPU_AFFINITY; type++) {
		struct { struct acpi_table_srat head; struct acpi_subtable_header last; } __packed cut = {
			.head = good_srat.head, .last = { type, 2 },
		};

		srat_parse((void *)tight(test, &cut, sizeof(cut)), sizeof(cut));
		KUNIT_EXPECT_EQ(test, nr_numa_nodes, 0U);
	}
	quiet(test);
	for (u32 length = 0; length < sizeof(good_srat); length++)
		srat_parse((void *)tight(test, &good_srat, length ? length : 1), length);
}

static void srat_random_test(struct kunit *test)
{
	u8 *p = tight(test, NULL, sizeof(good_srat));
	struct prng r;

	kunit_add_action(test, restore_srat, NULL);
	start(test, &r);
	for (int i = 0; i < ROUNDS; i++) {
		memcpy(p, &good_srat, sizeof(good_srat));
		corrupt(&r, p, sizeof(good_srat.head), sizeof(good_srat));
		srat_parse((void *)p, sizeof(good_srat));
		KUNIT_ASSERT_LE(test, nr_numa_nodes, 6U);
		KUNIT_ASSERT_LE(test, nr_numa_memblks, 3U);
	}
}

/* ---- \_S5 -------------------------------------------------------------------------------------------------------- */

static bool find(struct kunit *test, const void *aml, u32 length, u8 *a, u8 *b)
{
	return aml_find_sleep_type(tight(test, aml, length), length, "_S5_", a, b);
}

#define FIND(...) ({ static const u8 aml[] = { __VA_ARGS__ }; find(test, aml, sizeof(aml), &a, &b); })

static void s5_test(struct kunit *test)
{
	u8 a = 99, b = 99;

	KUNIT_EXPECT_TRUE(test, FIND(1, 2, 3, 0x08, '_', 'S', '5', '_', 0x12, 6, 4, 0, 0, 0, 0));
	KUNIT_EXPECT_EQ(test, a, 0);
	KUNIT_EXPECT_EQ(test, b, 0);
	KUNIT_EXPECT_TRUE(test, FIND(0x08, 0x5c, '_', 'S', '5', '_', 0x12, 8, 4, 0x0a, 5, 0x0b, 7, 0, 0));
	KUNIT_EXPECT_EQ(test, a, 5);
	KUNIT_EXPECT_EQ(test, b, 7);
	/* A length in two bytes; a single number for both. */
	KUNIT_EXPECT_TRUE(test, FIND(0x08, '_', 'S', '5', '_', 0x12, 0x47, 0, 2, 1, 0x0a, 3, 0x55));
	KUNIT_EXPECT_EQ(test, b, 3);
	KUNIT_EXPECT_TRUE(test, FIND(0x08, '_', 'S', '5', '_', 0x12, 5, 1, 0x0b, 4, 6));
	KUNIT_EXPECT_EQ(test, a, 4);
	KUNIT_EXPECT_EQ(test, b, 6);
	/* What only looks like it is passed over. */
	KUNIT_EXPECT_TRUE(test, FIND('_', 'S', '5', '_', 0x12, 6, 4, 1, 1, 0, 0, 0x08, '_', 'S', '5', '_', 0x12, 5, 2, 1, 0x0a, 2));
	KUNIT_EXPECT_EQ(test, a, 1);
	KUNIT_EXPECT_EQ(test, b, 2);
	KUNIT_EXPECT_FALSE(test, FIND(0x08, '_', 'S', '5', '_', 0x12, 4, 2, 1, 0x0a, 2));	/* the package ends before */
	KUNIT_EXPECT_FALSE(test, FIND(0x08, '_', 'S', '5', '_', 0x12, 6, 4, 0x0a, 8, 0, 0));	/* 3 bits only */
	KUNIT_EXPECT_FALSE(test, FIND(0x08, '_', 'S', '5', '_', 0x12, 6, 4, 'A', 'B', 'C', 'D'));
	KUNIT_EXPECT_FALSE(test, FIND(0x08, '_', 'S', '5', '_', 0x12, 0x3f, 2, 1, 1));		/* longer than the table */
	KUNIT_EXPECT_FALSE(test, FIND(0x08, '_', 'S', '5', '_', 0x12, 0xc1));
	KUNIT_EXPECT_FALSE(test, FIND(0x08, '_', 'S', '5', '_'));
	KUNIT_EXPECT_FALSE(test, FIND('_', 'S', '5'));
	KUNIT_EXPECT_FALSE(test, aml_find_sleep_type((const u8 *)"", 0, "_S5_", &a, &b));
}

static void s5_random_test(struct kunit *test)
{
	static const u8 good[] = { 9, 9, 0x08, 0x5c, '_', 'S', '5', '_', 0x12, 0x48, 0, 3, 0x0a, 5, 0x0b, 7, 0, 0x0c, 1, 0, 0, 0 };
	u8 *p = tight(test, NULL, sizeof(good)), a, b;
	struct prng r;

	for (u32 length = 1; length < sizeof(good); length++)
		find(test, good, length, &a, &b);
	start(test, &r);
	for (int i = 0; i < 20 * ROUNDS; i++) {
		memcpy(p, good, sizeof(good));
		corrupt(&r, p, 0, sizeof(good));
		a = b = 0;
		aml_find_sleep_type(p, sizeof(good), "_S5_", &a, &b);
		KUNIT_ASSERT_LE(test, a, 7);
		KUNIT_ASSERT_LE(test, b, 7);
	}
}

/* ---- this machine's tables --------------------------------------------------------------------------------------- */

static void get_table_test(struct kunit *test)
{
	struct acpi_table_header *t, *again;

	if (acpi_disabled)
		kunit_skip(test, "no ACPI here");
	KUNIT_ASSERT_EQ(test, acpi_get_table(ACPI_SIG_FADT, 1, &t), 0);
	KUNIT_EXPECT_EQ(test, acpi_checksum(t, t->length), 0);
	KUNIT_EXPECT_EQ(test, acpi_get_table(ACPI_SIG_FADT, 1, &again), 0);
	KUNIT_EXPECT_MEMEQ(test, t, again, t->length);
	acpi_put_table(again);
	acpi_put_table(t);
	KUNIT_EXPECT_EQ(test, acpi_get_table(ACPI_SIG_FADT, 2, &t), -ENODEV);
	KUNIT_EXPECT_EQ(test, acpi_get_table("NONE", 1, &t), -ENODEV);
	/* The tree that the FADT opens is in the list as well. */
	KUNIT_ASSERT_EQ(test, acpi_get_table(ACPI_SIG_DSDT, 1, &t), 0);
	KUNIT_EXPECT_EQ(test, acpi_checksum(t, t->length), 0);
	acpi_put_table(t);
}

static struct kunit_case acpi_cases[] = {
	KUNIT_CASE_NAMED(header_test, "a header that claims too little, too much or the impossible is refused"),
	KUNIT_CASE_NAMED(rsdp_test, "one wrong bit makes a root pointer worthless"),
	KUNIT_CASE_NAMED(madt_test, "each record of a MADT has its effect, each CPU counts once"),
	KUNIT_CASE_NAMED(madt_truncated_test, "a MADT cut off anywhere is read up to there"),
	KUNIT_CASE_NAMED(madt_zero_length_test, "a MADT record without length ends the walk"),
	KUNIT_CASE_NAMED(madt_random_test, "random bytes in a MADT do no harm"),
	KUNIT_CASE_NAMED(mp_pointer_test, "one wrong bit makes an MP pointer worthless"),
	KUNIT_CASE_NAMED(mp_test, "an MP table says what a MADT would"),
	KUNIT_CASE_NAMED(mp_all_ioapics_test, "a wire to all I/O APICs goes to the first"),
	KUNIT_CASE_NAMED(mp_random_test, "random bytes in an MP table do no harm"),
	KUNIT_CASE_NAMED(fadt_test, "a FADT of any version gives the ports it has"),
	KUNIT_CASE_NAMED(fadt_random_test, "no FADT makes a block reach beyond the last port"),
	KUNIT_CASE_NAMED(hpet_test, "an HPET is in memory, aligned, or nowhere"),
	KUNIT_CASE_NAMED(mcfg_test, "crooked MCFG entries are left out"),
	KUNIT_CASE_NAMED(srat_test, "SRAT domains become nodes in their order"),
	KUNIT_CASE_NAMED(srat_random_test, "random bytes in a SRAT do no harm"),
	KUNIT_CASE_NAMED(s5_test, "\\_S5 is found among what looks like it"),
	KUNIT_CASE_NAMED(s5_random_test, "random AML does no harm"),
	KUNIT_CASE_NAMED(get_table_test, "listed tables are mapped with a correct checksum"),
	{}
};

static struct kunit_suite acpi_suite = { .name = "acpi", .test_cases = acpi_cases };
kunit_test_suite(acpi_suite);
