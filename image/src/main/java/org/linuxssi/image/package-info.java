/** Looks into saved versions of applications. */
@NullMarked
package org.linuxssi.image;

import org.jspecify.annotations.NullMarked;
