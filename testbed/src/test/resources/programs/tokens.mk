# Makes parts by several makes that share the tokens of one pipe.
GROUPS := 1 2 3
PARTS := 1 2 3 4 5 6 7 8

all: $(GROUPS:%=group%)
	@cat part*.txt | sort -n | sha256sum

group%: FORCE
	@$(MAKE) -s --no-print-directory -f $(firstword $(MAKEFILE_LIST)) GROUP=$* $(PARTS:%=part$*.%.txt)

part%.txt:
	@awk -v part=$* 'BEGIN { for (i = 0; i < $(STEPS); i++) sum = (sum * 31 + i * part) % 1000003; print part, sum }' >$@

FORCE:
