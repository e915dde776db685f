/** The commands that people type. */
@NullMarked
package org.linuxssi.cli;

import org.jspecify.annotations.NullMarked;
