/** An object that contains itself. */
export function circular(): unknown {
  const circle: Record<string, unknown> = {};
  circle.circle = circle;
  return circle;
}
