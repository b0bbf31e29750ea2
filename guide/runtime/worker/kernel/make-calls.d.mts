export function calls(): string;
export function writeCalls(): void;
