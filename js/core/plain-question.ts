/**
 * Questions with a requirement in text, or none, and no options: nearly all. They have fast paths.
 */

import type { Question } from '../runtime/protocol.js';

/** A question with a requirement in text, or none. */
export interface TextQuestion extends Question {
  requirement?: string;
}

export function isTextQuestion(question: Question): question is TextQuestion {
  const { requirement, context, consume } = question;
  return context === undefined && consume === undefined && isTextRequirement(requirement);
}

export function isTextRequirement(requirement: unknown): requirement is string | undefined {
  return typeof requirement === 'string' || requirement === undefined;
}

/** Whether a requirement is a list of texts without line breaks, so that joining them is unique. */
export function isLineList(requirement: unknown): requirement is string[] {
  return (
    Array.isArray(requirement) &&
    requirement.every((item) => typeof item === 'string' && !item.includes('\n'))
  );
}

/** Whether two lists have the same items in the same order. */
export function haveSameItems(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((item, at) => item === other[at]);
}

export function questionOf(requirement: string | undefined): TextQuestion {
  return requirement === undefined ? {} : { requirement };
}
