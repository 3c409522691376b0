/** Choices that all nodes make alike without asking each other, from what all of them know. */

/** FNV-1a over the text's UTF-16 units, and MurmurHash3's last mix: neighbouring names get far apart. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The node whose hash together with the name is greatest: when a node goes, only what it had goes elsewhere. */
export function rendezvous(name: string, nodeIds: readonly number[]): number | undefined {
  let best: number | undefined;
  let bestHash = -1;
  for (const nodeId of nodeIds) {
    const hash = hashOf(`${nodeId}/${name}`);
    if (hash <= bestHash) continue;
    best = nodeId;
    bestHash = hash;
  }
  return best;
}

/** The node for a partition that no assignment names yet, because it is newer: a topic's partitions in turn. */
export const nodeInTurn = (topicId: string, partition: number, nodeIds: readonly number[]): number | undefined =>
  nodeIds[(hashOf(topicId) + partition) % nodeIds.length];
