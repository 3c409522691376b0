/** Choices that all nodes make alike without asking each other, from what all of them know. */

/** MurmurHash3's last mix: neighbouring numbers get far apart. */
function mix(of: number): number {
  let hash = of;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** FNV-1a over the text's UTF-16 units, mixed. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/** The node whose hash together with the name is greatest: when a node goes, only what it had goes elsewhere. */
export function rendezvous(name: string, nodeIds: readonly number[]): number | undefined {
  const named = hashOf(name);
  let best: number | undefined;
  let bestHash = -1;
  for (const nodeId of nodeIds) {
    const hash = mix(named ^ mix(nodeId + 1));
    if (hash <= bestHash) continue;
    best = nodeId;
    bestHash = hash;
  }
  return best;
}

/** The node for a partition that the table of owners does not name yet, because it is newer: a topic's partitions in turn. */
export const nodeInTurn = (topicId: string, partition: number, nodeIds: readonly number[]): number | undefined =>
  nodeIds[(hashOf(topicId) + partition) % nodeIds.length];
