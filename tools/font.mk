# SPDX-License-Identifier: GPL-2.0-only
#
# tools/font.mk - the console font, from Debian's console-setup-linux, as a header that drivers/video/font.c includes.

FONT ?= /usr/share/consolefonts/Uni2-VGA16.psf.gz

$(O)/generated/font_data.h: tools/mkfont.py $(FONT)
	$(call say,FONT,$@)
	@mkdir -p $(@D)
	$(Q)$(PYTHON) tools/mkfont.py $(FONT) >$@

$(O)/drivers/video/font.o: $(O)/generated/font_data.h
