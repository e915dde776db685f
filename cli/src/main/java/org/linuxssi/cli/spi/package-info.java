/** How other modules add commands. */
@NullMarked
package org.linuxssi.cli.spi;

import org.jspecify.annotations.NullMarked;
