export const Plots = ({ group: _group }: { readonly group: string }) => null;
