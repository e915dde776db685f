/** Cluster membership: node states, agreed views, ordered notifications. */
@NullMarked
package org.linuxssi.hotplug;

import org.jspecify.annotations.NullMarked;
